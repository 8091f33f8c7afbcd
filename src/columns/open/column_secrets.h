// SPDX-License-Identifier: Apache-2.0
// The secrets of an upload's columns, derived when they are first used and kept while they are in
// use. A secret s comes as s(1/X), because the constant coefficient of u*s is then the sum of the
// products of coefficients at the same place: by coefficients (8 KB of the wide set), and
// transformed for small products (16 KB). Any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "columns/format/manifest.h"
#include "columns/keys/upload_key.h"
#include "he/ntt/small_table.h"

namespace cryptonet::columns::open {

class ColumnSecrets {
 public:
  using Coefficients = base::SecretVector<std::int8_t>;
  using Transformed = base::SecretVector<std::int16_t>;

  /// Borrows both.
  ColumnSecrets(const format::Manifest& manifest, const keys::UploadKey& key)
      : manifest_(manifest), key_(key) {}

  // shared: a caller reads a secret that another thread's call pushes out of the list
  std::shared_ptr<const Coefficients> coefficients(std::uint32_t column);
  /// Only of sets with products.
  std::shared_ptr<const Transformed> transformed(std::uint32_t column);

 private:
  /// The values used last, of which `most` are kept.
  template <typename Value>
  class Kept {
   public:
    explicit Kept(std::size_t most) : most_(most) {}
    std::shared_ptr<const Value> find(std::uint32_t column);
    void add(std::uint32_t column, std::shared_ptr<const Value> value);

   private:
    struct Entry {
      std::uint32_t column;
      std::shared_ptr<const Value> value;
    };
    std::size_t most_;
    std::mutex mutex_;
    std::list<Entry> entries_;  ///< the latest used first
  };

  const format::Manifest& manifest_;
  const keys::UploadKey& key_;
  Kept<Coefficients> coefficients_{256};
  Kept<Transformed> transformed_{256};
};

}  // namespace cryptonet::columns::open
