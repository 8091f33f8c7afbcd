// SPDX-License-Identifier: Apache-2.0
// A host name is added once, for good, and changes neither key, name nor role.
#include <gtest/gtest.h>

#include <cstdlib>

#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::home {
namespace {

TEST(HostName, IsAddedToTheServersCertificateForGood) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cn_host_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  base::OsRandomness randomness;
  const auto now = std::chrono::system_clock::now();
  base::FileSystem& files = base::real_file_system();
  ASSERT_TRUE(init(folder, files, randomness, now).ok());
  auto home = Home::open(folder, randomness).value();
  const auto before = net::read_certificate(home->identity().certificate_pem).value();
  const std::string key = home->identity().key_pem;
  EXPECT_TRUE(home->answer_to("localhost", files, now).value());
  EXPECT_FALSE(home->answer_to("localhost", files, now).value());
  EXPECT_TRUE(home->answer_to("gatekeeper.example.org", files, now).value());
  EXPECT_EQ(home->answer_to("a b", files, now).error().rule, "certificate.host");
  const std::string certificate = home->identity().certificate_pem;
  home.reset();
  home = Home::open(folder, randomness).value();
  EXPECT_EQ(home->identity().certificate_pem, certificate);
  EXPECT_EQ(home->identity().key_pem, key);
  const auto after = net::read_certificate(certificate).value();
  EXPECT_EQ(after.hosts, (std::vector<std::string>{"localhost", "gatekeeper.example.org"}));
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.role, before.role);
  EXPECT_EQ(after.not_after, before.not_after);
  home.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cryptonet::gatekeeper::home
