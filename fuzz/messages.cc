// SPDX-License-Identifier: Apache-2.0
// The JSON messages of both servers and of the files of homes, from hostile text: no crash, and an
// accepted message survives being written and read again. The first byte chooses.
#include "api/messages.h"

#include <cstdint>
#include <cstdlib>

namespace {

template <typename Message>
void check(std::string_view text) {
  if (const auto message = Message::from_json(text); message.ok()) {
    const auto again = Message::from_json(message->to_json());
    if (!again.ok() || !(*again == *message)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cryptonet::api;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      check<JoinRequest>(text);
      break;
    case 1:
      check<QueryRequest>(text);
      break;
    case 2:
      check<QueryResult>(text);
      break;
    case 3:
      check<DatasetDescription>(text);
      break;
    case 4:
      check<UploadState>(text);
      break;
    case 5:
      check<CloudEnrolment>(text);
      break;
    case 6:
      check<Identity>(text);
      break;
    default:
      check<ErrorReply>(text);
  }
  return 0;
}
