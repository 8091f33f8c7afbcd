// SPDX-License-Identifier: Apache-2.0
// Released blocks are used again, and never with anything in them.
#include "base/secret_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace cryptonet::base {
namespace {

TEST(SecretMemory, IsZeroAtFirstAlsoWhenUsedAgain) {
  for (const std::size_t size : {1U, 32U, 4096U, 8192U, 8193U, 65536U, 65537U, 196608U, 300000U}) {
    for (int round = 0; round < 3; ++round) {
      std::vector<SecretVector<std::uint8_t>> blocks;
      for (int i = 0; i < 20; ++i) {
        auto& block = blocks.emplace_back(size);
        ASSERT_TRUE(std::all_of(block.span().begin(), block.span().end(), [](std::uint8_t byte) {
          return byte == 0;
        })) << size;
        std::fill(block.span().begin(), block.span().end(), std::uint8_t{0xA5});
      }
    }
  }
}

TEST(SecretMemory, NeverGivesOneBlockTwice) {
  std::vector<SecretVector<std::uint8_t>> blocks;
  std::set<const void*> addresses;
  for (int i = 0; i < 8; ++i) blocks.emplace_back(48);
  blocks.resize(4);
  for (int i = 0; i < 20; ++i) blocks.emplace_back(48);
  for (const auto& block : blocks) EXPECT_TRUE(addresses.insert(block.data()).second);
}

}  // namespace
}  // namespace cryptonet::base
