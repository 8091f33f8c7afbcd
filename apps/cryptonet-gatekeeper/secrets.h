// SPDX-License-Identifier: Apache-2.0
// Passphrases and shares come from a file, from standard input, or from the terminal without echo:
// never from the command line or the environment, where other processes and the shell's history
// see them.
#pragma once

#include <filesystem>

#include "console.h"
#include "gatekeeper/home/home.h"

namespace cryptonet::gatekeeper::app {

using SecretText = base::SecretVector<std::uint8_t>;

/// Adds --passphrase-file.
void add_passphrase_file(CLI::App& command, std::string& file);
/// The file's first line is all of it, without the end of line. kLocalIo when it cannot be read,
/// kBadInput when it is empty, too long, or has a second line.
base::Result<SecretText> read_passphrase_file(const std::filesystem::path& file);
/// From the file if one is named, else asked for. kUsage when there is neither file nor terminal.
base::Result<SecretText> read_passphrase(const std::string& file);
/// The same for a new one, asked for twice; `what` it is, for the prompt.
base::Result<SecretText> read_new_passphrase(const std::string& file,
                                             const std::string& what = "passphrase");
/// Whether a person can be asked.
bool has_terminal();

/// The lines of standard input, or of the terminal without echo, up to `count` of them.
base::Result<SecretText> read_shares(std::uint32_t count);

/// How a home is to be sealed, as the command line says it.
struct SealingOptions {
  std::string passphrase_file;
  keys::ShareCounts shares;
};
/// Adds --passphrase-file, --shares and --threshold.
void add_sealing(CLI::App& command, SealingOptions& options);
/// By shares when they were asked for, else by a new passphrase.
base::Result<keys::Sealing> read_sealing(const SealingOptions& options);
/// report(), with the shares: lines for people, or the array `shares` in the JSON object that
/// `json` leaves open.
void report_shares(const Session& session, std::span<const keys::Share> shares,
                   const std::string& line, const std::string& json);

/// What a command that needs the keys was given to open a sealed home.
struct Opening {
  std::string passphrase_file;
  std::string key_file;  ///< of a home whose keys lie bare, where it is not in the home
};
/// Opens the home, locks its keys, and unseals it: by the passphrase, or by shares from standard
/// input.
base::Result<std::unique_ptr<home::Home>> open_unsealed(const Session& session,
                                                        const Opening& opening,
                                                        base::Randomness& randomness);
/// The master key that a seal.json seals.
base::Result<keys::MasterKey> open_master(const api::SealFile& file, const Opening& opening);
/// That of a home, for commands that seal it anew.
base::Result<keys::MasterKey> open_master(const Session& session, const home::Home& home,
                                          const Opening& opening);

}  // namespace cryptonet::gatekeeper::app
