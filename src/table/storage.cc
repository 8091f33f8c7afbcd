// SPDX-License-Identifier: Apache-2.0
// Every stored column costs one packed word per prime and row, in whole chunks, plus a mask chunk.
#include "table/storage.h"

namespace cryptonet::table {

Storage storage_of(const Schema& schema, const StoredLayout& layout,
                   const columns::format::ParameterSet& set, std::uint64_t rows) {
  Storage storage;
  storage.field_columns.resize(schema.columns.size());
  for (const StoredColumn& column : layout.columns()) {
    switch (column.kind) {
      case StoredKind::kRows:
      case StoredKind::kWeight:
        ++storage.common_columns;
        break;
      case StoredKind::kPresence:
      case StoredKind::kWeightedPresence:
      case StoredKind::kDigit:
        ++storage.field_columns[column.field];
        break;
      case StoredKind::kIndicator: {
        const IndicatorFamily& family = layout.families()[column.field];
        if (family.fields.size() == 1) {
          ++storage.field_columns[family.fields[0]];
        } else {
          ++storage.cross_columns;
        }
        break;
      }
    }
  }
  storage.stored_columns = layout.columns().size();
  storage.bytes_per_row = storage.stored_columns * set.packed_bytes() / set.ring_degree();
  const std::uint64_t chunks = (rows + set.ring_degree() - 1) / set.ring_degree() + 1;
  storage.bytes = storage.stored_columns * chunks * set.packed_bytes();
  storage.hint_bytes = (storage.stored_columns + 2) * set.packed_bytes();
  return storage;
}

}  // namespace cryptonet::table
