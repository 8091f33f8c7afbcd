// SPDX-License-Identifier: Apache-2.0
// A process whose memory stays its own: keys and clear rows lie in ordinary memory too, which
// secret_memory.h does not reach. Linux.
#pragma once

namespace cryptonet::base {

/// From now on no core file of this process is written, and no other process of its user may read
/// its memory.
void keep_memory_private();

}  // namespace cryptonet::base
