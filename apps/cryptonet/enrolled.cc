// SPDX-License-Identifier: Apache-2.0
#include "enrolled.h"

#include <unistd.h>

#include "console.h"
#include "terminal.h"

namespace cryptonet::app {

base::Status print_enrolled(const api::Enrolled& enrolled, const std::string& format) {
  if (format == "json") return print(enrolled.to_json() + "\n");
  std::string text = enrolled.user + " may now sign in as " + enrolled.role +
                     ". What follows is shown this once.\n\n";
  if (::isatty(STDOUT_FILENO) == 1) {
    text += "Scan this with an authenticator app:\n\n" + qr_code(enrolled.otpauth) + "\n";
  }
  text += "Authenticator app: " + enrolled.otpauth + "\nThe same by hand:  " + enrolled.secret +
          "\n\nRecovery codes, each good once in place of a code of the app:\n";
  for (std::size_t i = 0; i < enrolled.recovery_codes.size(); ++i) {
    text += "  " + enrolled.recovery_codes[i] + (i % 2 == 1 ? "\n" : "");
  }
  if (enrolled.recovery_codes.size() % 2 == 1) text += '\n';
  return print(text);
}

}  // namespace cryptonet::app
