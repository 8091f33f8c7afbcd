// SPDX-License-Identifier: Apache-2.0
// The page for browsers, as files in the program: page_files.cc is written by tools/build_page.py.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace cryptonet::gatekeeper::serve {

struct PageFile {
  std::string_view path;  ///< "/" or "/page/NAME"
  std::string_view content_type;
  std::string_view text;
};
std::span<const PageFile> page_files();

}  // namespace cryptonet::gatekeeper::serve
