// SPDX-License-Identifier: Apache-2.0
// Why each safeguard of the encryptor stands there: the mask chunk, wiped masks, hedged randomness,
// refused input.
#include "columns/encrypt/encryptor.h"

#include <gtest/gtest.h>

#include <random>

#include "columns/encrypt/unit_inspector_testing.h"

namespace cryptonet::columns::encrypt {
namespace {

class CountingRandomness final : public base::Randomness {
 public:
  explicit CountingRandomness(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

format::ColumnId column_id(std::uint8_t number) {
  format::ColumnId id;
  id.bytes.fill(number);
  return id;
}

/// x, its check, and the indicator of x == 3.
std::vector<ColumnPlan> three_plans() {
  return {{column_id(1), 0, std::nullopt, std::nullopt},
          {column_id(2), 0, std::nullopt, 0U},
          {column_id(3), 0, 3, std::nullopt}};
}

struct Session {
  explicit Session(std::uint64_t seed, std::uint8_t device = 1, std::uint8_t unit_number = 1,
                   const std::vector<ColumnPlan>& plans = three_plans())
      : randomness(seed) {
    base::Secret<32> device_secret;
    device_secret.data()[0] = device;
    upload.emplace(*UploadEncryptor::create(format::wide_set(), plans, device_secret, randomness));
    format::UnitId id;
    id.bytes.fill(unit_number);
    unit.emplace(upload->open_unit(id));
  }
  base::Status encrypt(const std::vector<std::int64_t>& rows, std::size_t threads = 1) {
    base::ThreadPool pool(threads);
    const std::span<const std::int64_t> source = rows;
    return unit->encrypt_chunk({&source, 1}, pool, sink());
  }
  base::Result<UnitHints> close() {
    base::ThreadPool pool(1);
    return unit->close(pool, sink());
  }
  ChunkSink sink() {
    return [this](std::uint32_t column, std::uint32_t, base::ByteView packed) {
      last[column].assign(packed.begin(), packed.end());
      return base::ok();
    };
  }
  /// A1 so far: the mask itself after one chunk.
  std::vector<std::uint64_t> masks() const {
    const auto words = insecure_UnitInspector::state(*unit).mask_sum.words();
    return {words.begin(), words.end()};
  }
  CountingRandomness randomness;
  std::optional<UploadEncryptor> upload;
  std::optional<UnitEncryptor> unit;
  std::array<base::Bytes, 3> last;
};

std::vector<std::int64_t> some_rows(std::uint64_t seed, std::size_t count = 8192) {
  std::mt19937_64 engine(seed);
  std::vector<std::int64_t> rows(count);
  for (auto& row : rows) row = static_cast<std::int64_t>(engine() % 2001) - 1000;
  return rows;
}

std::size_t equal_words(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1U : 0U;
  return equal;
}

TEST(MaskChunk, KeepsTheRowsFromTheKeyHolder) {
  const auto rows = some_rows(51);
  Session session(51);
  ASSERT_TRUE(session.encrypt(rows).ok());
  // Without the mask chunk the hints of a one-chunk unit hand over every row.
  EXPECT_EQ(insecure_UnitInspector::rows_from_hints(*session.unit, 0), rows);
  ASSERT_TRUE(session.close().ok());
  const auto with_mask = insecure_UnitInspector::rows_from_hints(*session.unit, 0);
  std::size_t recovered = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) recovered += with_mask[i] == rows[i] ? 1U : 0U;
  EXPECT_EQ(recovered, 0U);
  // What would be the phase is spread over the whole of q.
  unsigned longest = 0;
  for (const auto& coefficient : insecure_UnitInspector::phase_from_hints(*session.unit, 0)) {
    longest = std::max(longest, he::bgv::bits_of(coefficient));
  }
  EXPECT_GE(longest, 142U);
}

TEST(MaskChunk, HasNoZeroWordInItsMask) {
  Session session(52);
  ASSERT_TRUE(session.encrypt(some_rows(52, 1)).ok());
  const auto before = session.masks();
  ASSERT_TRUE(session.close().ok());
  EXPECT_EQ(equal_words(before, session.masks()), 0U);
}

TEST(Phase, IsMessagePlusTTimesSmallNoise) {
  const auto rows = some_rows(53);
  Session session(53);
  ASSERT_TRUE(session.encrypt(rows).ok());
  const he::bgv::Integer bound = he::bgv::Accountant(format::wide_set().bgv).fresh();
  for (std::uint32_t column = 0; column < 3; ++column) {
    for (const auto& coefficient :
         insecure_UnitInspector::phase_from_hints(*session.unit, column)) {
      ASSERT_TRUE(abs(coefficient) <= bound);
    }
  }
  const auto indicator = insecure_UnitInspector::rows_from_hints(*session.unit, 2);
  const auto check = insecure_UnitInspector::rows_from_hints(*session.unit, 1);
  const auto& upload = insecure_UnitInspector::state(*session.unit).upload;
  const he::arith::Modulus& t = upload.encoder.plaintext_modulus();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(indicator[i], rows[i] == 3 ? 1 : 0);
    ASSERT_EQ(t.reduce_signed(check[i]), t.multiply((*upload.alphas)[0], t.reduce_signed(rows[i])));
  }
}

TEST(Masks, AreWipedAfterEveryChunk) {
  Session session(54);
  ASSERT_TRUE(session.encrypt(some_rows(54)).ok());
  EXPECT_TRUE(insecure_UnitInspector::masks_are_wiped(*session.unit));
  ASSERT_TRUE(session.close().ok());
  EXPECT_TRUE(insecure_UnitInspector::masks_are_wiped(*session.unit));
}

TEST(Masks, DifferOnAClonedMachineAsSoonAsAnythingDiffers) {
  const auto rows = some_rows(55);
  Session original(55);
  Session clone(55);
  ASSERT_TRUE(original.encrypt(rows).ok());
  ASSERT_TRUE(clone.encrypt(rows).ok());
  EXPECT_EQ(original.masks(), clone.masks());  // the clone is one: same key, same everything
  EXPECT_EQ(original.last, clone.last);

  auto one_value_changed = rows;
  one_value_changed[4000] += 1;
  Session other_rows(55);
  ASSERT_TRUE(other_rows.encrypt(one_value_changed).ok());
  EXPECT_EQ(other_rows.upload->key_commitment(), original.upload->key_commitment());
  EXPECT_EQ(equal_words(original.masks(), other_rows.masks()), 0U);

  Session other_device(55, 2);
  ASSERT_TRUE(other_device.encrypt(rows).ok());
  EXPECT_EQ(equal_words(original.masks(), other_device.masks()), 0U);

  Session other_unit(55, 1, 2);
  ASSERT_TRUE(other_unit.encrypt(rows).ok());
  EXPECT_EQ(equal_words(original.masks(), other_unit.masks()), 0U);

  Session fewer_rows(55);
  auto zero_ended = rows;
  zero_ended.back() = 0;
  Session zero_row(55);
  ASSERT_TRUE(zero_row.encrypt(zero_ended).ok());
  zero_ended.pop_back();  // the same slots, one row fewer
  ASSERT_TRUE(fewer_rows.encrypt(zero_ended).ok());
  EXPECT_EQ(equal_words(zero_row.masks(), fewer_rows.masks()), 0U);
}

TEST(Masks, DifferOnAClonedMachineWhenAColumnMeansSomethingElse) {
  const auto rows = some_rows(58);
  auto other_plans = three_plans();
  other_plans[2].equals = 4;  // the same sources, another indicator under the same id
  Session one(58);
  Session two(58, 1, 1, other_plans);
  ASSERT_TRUE(one.encrypt(rows).ok());
  ASSERT_TRUE(two.encrypt(rows).ok());
  EXPECT_EQ(equal_words(one.masks(), two.masks()), 0U);
}

TEST(Masks, DifferAfterAMachineWasPutBackToTheMiddleOfAUnit) {
  const auto first = some_rows(60);
  auto second = some_rows(61);
  Session original(60);
  Session put_back(60);
  ASSERT_TRUE(original.encrypt(first).ok() && put_back.encrypt(first).ok());
  ASSERT_EQ(original.masks(), put_back.masks());  // the snapshot: key, randomness, position
  const auto before = original.masks();
  ASSERT_TRUE(original.encrypt(second).ok());
  second[17] -= 1;
  ASSERT_TRUE(put_back.encrypt(second).ok());
  EXPECT_EQ(equal_words(original.masks(), put_back.masks()), 0U);
  EXPECT_EQ(equal_words(original.masks(), before), 0U);

  // An encrypt that was killed and begins again draws everything anew for the same rows.
  Session again(62);
  ASSERT_TRUE(again.encrypt(first).ok());
  EXPECT_EQ(equal_words(again.masks(), before), 0U);
  EXPECT_NE(again.upload->key_commitment(), original.upload->key_commitment());
  EXPECT_NE(again.upload->upload(), original.upload->upload());
}

TEST(MaskChunk, DiffersOnAClonedMachineWhenAnEarlierChunkDoes) {
  auto rows = some_rows(59);
  Session one(59);
  Session clone(59);
  Session two(59);
  ASSERT_TRUE(one.encrypt(rows).ok());
  ASSERT_TRUE(clone.encrypt(rows).ok());
  rows[0] += 1;
  ASSERT_TRUE(two.encrypt(rows).ok());
  ASSERT_TRUE(one.close().ok() && clone.close().ok() && two.close().ok());
  EXPECT_EQ(one.last, clone.last);
  EXPECT_NE(one.last, two.last);
}

TEST(Masks, NoiseDiffersOnAClonedMachineToo) {
  const auto noise_of = [](const Session& session) {
    std::vector<std::uint64_t> noise;
    const std::uint64_t t = format::wide_set().bgv.plaintext_modulus();
    for (auto coefficient : insecure_UnitInspector::phase_from_hints(*session.unit, 0)) {
      coefficient += he::bgv::Integer(t) * 30 + t / 2;
      noise.push_back(static_cast<std::uint64_t>(he::bgv::Integer(coefficient / t)));
    }
    return noise;
  };
  Session one(56);
  Session two(56);
  auto rows = some_rows(56);
  ASSERT_TRUE(one.encrypt(rows).ok());
  rows[0] += 1;
  ASSERT_TRUE(two.encrypt(rows).ok());
  // Equal by chance with probability about 0.087 a coefficient; all equal were the noise repeated.
  EXPECT_LT(equal_words(noise_of(one), noise_of(two)), 1000U);
}

TEST(Masks, ChunksOfEqualRowsDiffer) {
  Session session(57);
  const auto rows = some_rows(57);
  ASSERT_TRUE(session.encrypt(rows).ok());
  const auto first = session.masks();
  ASSERT_TRUE(session.encrypt(rows).ok());
  const auto both = session.masks();
  std::size_t doubled = 0;
  const auto& ring = insecure_UnitInspector::state(*session.unit).upload.ring;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto& modulus = ring.modulus(i / ring.ring_degree());
    doubled += both[i] == modulus.add(first[i], first[i]) ? 1U : 0U;
  }
  EXPECT_EQ(doubled, 0U);
}

TEST(UploadEncryptor, GivesTheSameWordsOnAnyNumberOfThreads) {
  const auto rows = some_rows(58);
  Session one(58);
  Session four(58);
  ASSERT_TRUE(one.encrypt(rows, 1).ok());
  ASSERT_TRUE(four.encrypt(rows, 4).ok());
  EXPECT_EQ(one.last, four.last);
}

/// Chunk after chunk with another number of threads, which come and go, and the hints of all.
TEST(UploadEncryptor, GivesTheSameHintsWhateverThreadsThereWere) {
  const auto hints_with = [](const std::vector<std::size_t>& threads) {
    Session session(63);
    for (const std::size_t count : threads) {
      EXPECT_TRUE(session.encrypt(some_rows(63, 500), count).ok());
    }
    auto hints = *session.close();
    EXPECT_TRUE(insecure_UnitInspector::masks_are_wiped(*session.unit));
    return hints;
  };
  const UnitHints alone = hints_with({1, 1, 1, 1, 1, 1});
  for (const std::vector<std::size_t>& threads :
       {std::vector<std::size_t>{2, 2, 2, 2, 2, 2}, {5, 1, 7, 2, 4, 3}}) {
    const UnitHints hints = hints_with(threads);
    EXPECT_EQ(hints.shared, alone.shared);
    EXPECT_EQ(hints.columns, alone.columns);
  }
}

TEST(UploadEncryptor, KeepsUnitsApartThatAreOpenTogether) {
  Session session(62);
  format::UnitId id;
  id.bytes.fill(2);
  UnitEncryptor second = session.upload->open_unit(id);
  base::ThreadPool pool(2);
  const auto rows = some_rows(62);
  const auto second_rows = some_rows(63);
  const std::span<const std::int64_t> source = second_rows;
  ASSERT_TRUE(session.encrypt(rows).ok());
  ASSERT_TRUE(second.encrypt_chunk({&source, 1}, pool, session.sink()).ok());
  EXPECT_EQ(insecure_UnitInspector::rows_from_hints(*session.unit, 0), rows);
  EXPECT_EQ(insecure_UnitInspector::rows_from_hints(second, 0), second_rows);
  ASSERT_TRUE(session.close().ok());
  EXPECT_EQ(second.chunks(), 1U);
  EXPECT_EQ(insecure_UnitInspector::rows_from_hints(second, 0), second_rows);
}

TEST(UploadEncryptor, RefusesPlansThatCannotBe) {
  CountingRandomness randomness(1);
  const auto refused = [&](std::vector<ColumnPlan> plans) {
    return !UploadEncryptor::create(format::wide_set(), std::move(plans), {}, randomness).ok();
  };
  EXPECT_TRUE(refused({}));
  auto plans = three_plans();
  EXPECT_FALSE(refused(plans));
  plans[2].id = plans[0].id;
  EXPECT_TRUE(refused(plans));
  plans = three_plans();
  plans[1].check_of = 1;  // of itself
  EXPECT_TRUE(refused(plans));
  plans[1].check_of = 3;
  EXPECT_TRUE(refused(plans));
  plans = three_plans();
  plans[1].check = 1;  // the set has one alpha
  EXPECT_TRUE(refused(plans));
}

TEST(UnitEncryptor, RefusesBadChunksAndStaysUsable) {
  Session session(59);
  const std::int64_t limit = 562949952847873 / 2;
  EXPECT_EQ(session.encrypt({}).error().rule, "encrypt.chunk_rows");
  EXPECT_EQ(session.encrypt(std::vector<std::int64_t>(8193)).error().rule, "encrypt.chunk_rows");
  EXPECT_EQ(session.encrypt({1, limit + 1}).error().rule, "encrypt.range");
  EXPECT_EQ(session.encrypt({1, -limit - 1}).error().rule, "encrypt.range");
  EXPECT_EQ(session.encrypt({INT64_MIN}).error().rule, "encrypt.range");
  EXPECT_EQ(session.close().error().rule, "encrypt.empty_unit");
  EXPECT_TRUE(session.encrypt({limit, -limit}).ok());
  EXPECT_EQ(session.unit->chunks(), 1U);
  EXPECT_TRUE(session.close().ok());
  EXPECT_EQ(session.unit->chunks(), 2U);

  base::ThreadPool pool(1);
  Session uneven(60);
  const std::vector<std::int64_t> two = {1, 2};
  const std::vector<std::span<const std::int64_t>> sources = {two, std::span(two).first(1)};
  EXPECT_EQ(uneven.unit->encrypt_chunk(sources, pool, uneven.sink()).error().rule,
            "encrypt.chunk_rows");
  EXPECT_EQ(uneven.unit->encrypt_chunk({}, pool, uneven.sink()).error().rule, "encrypt.chunk_rows");
}

TEST(UnitEncryptor, PassesOnTheFailureOfASink) {
  Session session(61);
  base::ThreadPool pool(2);
  const std::vector<std::int64_t> rows = {1, 2, 3};
  const std::span<const std::int64_t> source = rows;
  const auto status = session.unit->encrypt_chunk(
      {&source, 1}, pool, [](std::uint32_t column, std::uint32_t, base::ByteView) -> base::Status {
        if (column == 1) return base::Error(base::ErrorCode::kLocalIo, "disk", "the disk is full");
        return base::ok();
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().rule, "disk");
  EXPECT_TRUE(insecure_UnitInspector::masks_are_wiped(*session.unit));
}

}  // namespace
}  // namespace cryptonet::columns::encrypt
