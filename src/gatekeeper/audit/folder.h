// SPDX-License-Identifier: Apache-2.0
// Verifying the whole log in a home's folder, from the first segment to the last, without any key:
// also while the gatekeeper serves or is sealed.
#pragma once

#include "audit/exported.h"
#include "gatekeeper/audit/log_files.h"

namespace cryptonet::gatekeeper::audit {

/// Everything that was promised when this was called, held against the heads that lie beside it and
/// those that were `kept` elsewhere. kLocalIo when a file cannot be read.
base::Result<cryptonet::audit::Checked> verify_folder(const std::filesystem::path& folder,
                                                      const cryptonet::audit::Known& known);

}  // namespace cryptonet::gatekeeper::audit
