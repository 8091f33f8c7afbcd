// SPDX-License-Identifier: Apache-2.0
// Must not compile with the rights of the cloud: NAMED_HEADER is one that only holders of keys may
// include.
#include NAMED_HEADER

int main() { return 0; }
