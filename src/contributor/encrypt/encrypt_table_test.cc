// SPDX-License-Identifier: Apache-2.0
// From a file on disk to an upload folder and back: the folder's manifest, segments and hints are
// read as cloud and gatekeeper read them, and every total opens to the sum over the clear rows.
#include "contributor/encrypt/encrypt_table.h"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/stat.h>

#include <csignal>
#include <map>
#include <random>

#include "base/file_lock.h"
#include "base/hash.h"
#include "base/stop.h"
#include "columns/format/segment.h"
#include "columns/open/opener.h"
#include "columns/total/total.h"
#include "contributor/load/test_files.h"
#include "table/legend.h"
#include "table/stored_columns.h"

namespace cryptonet::contributor::encrypt {
namespace {

namespace format = columns::format;

struct Keys {
  base::Secret<64> signing;
  base::Secret<32> device;
  base::Secret<32> enrolment;
  base::Secret<32> gatekeeper;
  std::array<std::uint8_t, 32> gatekeeper_public{};
  Keys() {
    base::start_sodium();
    std::array<std::uint8_t, 32> ignored{};
    crypto_sign_keypair(ignored.data(), signing.data());
    base::OsRandomness randomness;
    randomness.fill(device.span());
    randomness.fill(enrolment.span());
    randomness.fill(gatekeeper.span());
    crypto_scalarmult_base(gatekeeper_public.data(), gatekeeper.data());
  }
  ContributorKeys contributor() const { return {signing, device, enrolment, gatekeeper_public}; }
};

base::Bytes file_bytes(const std::filesystem::path& path) {
  auto bytes = base::read_file(path, 1U << 30);
  EXPECT_TRUE(bytes.ok()) << path;
  return bytes.ok() ? std::move(*bytes) : base::Bytes{};
}

/// What the cloud and the gatekeeper have after an upload.
class ReadUpload {
 public:
  ReadUpload(const std::filesystem::path& folder, const Keys& keys)
      : manifest_(*format::Manifest::parse(file_bytes(folder / "manifest"))) {
    const auto sealed = *format::parse_sealed_key(file_bytes(folder / "key.sealed"));
    const auto key = *columns::open::unseal_key(manifest_, sealed, keys.gatekeeper, keys.enrolment);
    const auto text =
        *columns::open::unseal_legend(manifest_, key, file_bytes(folder / "legend.sealed"));
    legend_ = *table::parse_legend(base::text_of(text));
    layout_ = *table::StoredLayout::create(legend_.schema, manifest_.parameters());
    opener_ = std::make_unique<columns::open::UploadOpener>(
        *columns::open::UploadOpener::create(manifest_, key));
    const auto& body = manifest_.body();
    for (std::uint32_t u = 0; u < body.units.size(); ++u) {
      hints_.push_back(file_bytes(folder / "hints" / body.units[u].id.hex()));
      EXPECT_TRUE(format::verify_hint_file(manifest_, u, hints_[u]).ok());
      auto& columns = segments_.emplace_back(body.columns.size());
      for (std::uint32_t c = 0; c < body.columns.size(); ++c) {
        for (std::uint32_t s = 0; s < body.units[u].segments[c].size(); ++s) {
          const auto& name = body.units[u].segments[c][s];
          columns[c].push_back(file_bytes(folder / "segments" / base::to_hex(name)));
          EXPECT_EQ(base::sha256(columns[c].back()), name);
        }
      }
    }
  }

  const format::Manifest& manifest() const { return manifest_; }
  const table::Legend& legend() const { return legend_; }
  const table::StoredLayout& layout() const { return *layout_; }

  /// The checked total of column `left`, times column `right`, in one unit.
  std::int64_t total(std::uint32_t unit, std::uint32_t left,
                     std::optional<std::uint32_t> right) const {
    const bool tag_left = layout().twins()[left].has_value();
    std::optional<columns::open::PairSide> other;
    if (right) other = columns::open::PairSide{*right, !tag_left};
    const auto pair =
        *columns::open::CheckedPair::create(layout().twins(), {left, tag_left}, other);
    std::vector<columns::open::MaskedNumber> checks;
    for (const format::ColumnPair& check : pair.checks()) checks.push_back(masked(unit, check));
    const auto opened = opener_->open_checked(unit, pair, masked(unit, pair.value()), checks,
                                              {-(std::int64_t{1} << 48), std::int64_t{1} << 48});
    EXPECT_TRUE(opened.ok());
    return opened.ok() ? *opened : 0;
  }

 private:
  columns::open::MaskedNumber masked(std::uint32_t unit, const format::ColumnPair& pair) const {
    return {cloud(unit, pair), *opener_->key_part(unit, pair, hints_[unit])};
  }
  format::Residues cloud(std::uint32_t unit, const format::ColumnPair& pair) const {
    const auto left = chunks(unit, pair.left);
    std::vector<base::ByteView> right;
    if (pair.right != format::kNoColumn) right = chunks(unit, pair.right);
    const auto& set = manifest_.parameters();
    return columns::total::blind(set, cloud_secret_, manifest_.body().upload,
                                 manifest_.body().units[unit].id, pair,
                                 columns::total::partial_total(set, left, right));
  }
  std::vector<base::ByteView> chunks(std::uint32_t unit, std::uint32_t column) const {
    std::vector<base::ByteView> all;
    for (std::uint32_t s = 0; s < segments_[unit][column].size(); ++s) {
      const auto some =
          *format::segment_chunks(manifest_, unit, column, s, segments_[unit][column][s]);
      all.insert(all.end(), some.begin(), some.end());
    }
    EXPECT_EQ(all.size(), manifest_.body().units[unit].chunks);
    return all;
  }

  format::Manifest manifest_;
  table::Legend legend_;
  std::optional<table::StoredLayout> layout_;
  std::unique_ptr<columns::open::UploadOpener> opener_;
  std::vector<base::Bytes> hints_;
  std::vector<std::vector<std::vector<base::Bytes>>> segments_;  ///< [unit][column][segment]
  base::Secret<32> cloud_secret_;
};

struct Example {
  std::string csv;
  struct Row {
    int site, day;
    std::optional<int> word;  ///< 0 is a, 1 is b, 2 is something else
    std::optional<std::int64_t> money;
    std::int64_t age;
    int real;
  };
  std::vector<Row> rows;
};

/// Money needs digits, is negative at times and NULL at times.
Example make_example(std::size_t rows) {
  Example out;
  out.csv = "site,day,word,money,age,real\n";
  std::mt19937_64 random(17);
  for (std::size_t i = 0; i < rows; ++i) {
    Example::Row row{static_cast<int>(random() % 3),
                     static_cast<int>(random() % 28) + 1,
                     static_cast<int>(random() % 3),
                     static_cast<std::int64_t>(random() % 2'000'000'000'00) - 1'000'000'000'00,
                     static_cast<std::int64_t>(random() % 100),
                     random() % 5 != 0};
    if (random() % 7 == 0) row.word.reset();
    if (random() % 5 == 0) row.money.reset();
    const char* const words[] = {"a", "\"b,\"\"\r\n\"", "zz"};
    out.csv += std::to_string(row.site) + ",2001-01-" + (row.day < 10 ? "0" : "") +
               std::to_string(row.day) + "," + (row.word ? words[*row.word] : "") + "," +
               (row.money ? table::decimal_text(*row.money, 2) : "") + "," +
               std::to_string(row.age) + "," + std::to_string(row.real) + "\n";
    out.rows.push_back(row);
  }
  return out;
}

constexpr const char* kSchema = R"(row_limit = 10_000_000
crosses = [["word", "weekday"]]
partition = ["site"]
lattice = ["site", "word"]
weight = "real"
[columns.site]
role = "dimension"
categories = [0, 1, 2]
[columns.weekday]
role = "dimension"
from = "day"
part = "weekday"
[columns.word]
role = "dimension"
categories = ["a", "b,\"\r\n"]
other = true
nullable = true
paired = true
[columns.money]
role = "measure"
decimals = 2
min = -1_000_000_000
max = 1_000_000_000
nullable = true
powers = 2
[columns.age]
role = "measure"
min = 0
max = 150
[columns.band]
role = "bins"
from = "age"
edges = [18, 65]
)";

class EncryptTable : public testing::Test {
 protected:
  base::Result<EncryptSummary> encrypt(const std::string& csv, const std::string& toml,
                                       EncryptOptions options = {}) {
    CN_ASSIGN(const auto source, load::TableSource::open(folder_.write("t.csv", csv)));
    CN_ASSIGN(const auto schema, table::parse_schema(toml, "s.toml"));
    options.dataset = "example";
    options.out = out_;
    options.threads = 2;
    return encrypt_table(*source, schema, keys_.contributor(), options);
  }
  /// Names in the test's folder other than the table.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().filename() != "t.csv") names.push_back(entry.path().filename());
    }
    return names;
  }

  TestFolder folder_;
  std::filesystem::path out_ = folder_.path() / "upload";
  Keys keys_;
};

/// Sums over the clear rows of one site.
struct ClearSums {
  std::int64_t rows = 0;
  std::int64_t real = 0;
  std::int64_t weighted_presence = 0;
  table::WideInteger money = 0;
  table::WideInteger money_squared = 0;
  std::int64_t ages_of_b = 0;
  std::int64_t mondays_without_word = 0;
  std::int64_t young_of_other = 0;
  std::int64_t age_squared = 0;

  void add(const Example::Row& row) {
    ++rows;
    real += row.real;
    if (row.money) {
      weighted_presence += row.real;
      money += *row.money;
      money_squared += table::WideInteger{*row.money} * *row.money;
    }
    if (row.word == 1) ages_of_b += row.age;
    if (!row.word && row.day % 7 == 1) ++mondays_without_word;  // 2001-01-01 was a Monday
    if (row.word == 2 && row.age < 18) ++young_of_other;
    age_squared += row.age * row.age;
  }
};

/// Every kind of stored column, alone and in products, against the clear sums.
void expect_totals(const ReadUpload& upload, std::uint32_t unit, const ClearSums& clear) {
  const table::StoredLayout& layout = upload.layout();
  const std::uint32_t rows = layout.rows_column();
  EXPECT_EQ(upload.total(unit, rows, {}), clear.rows);
  EXPECT_EQ(upload.total(unit, *layout.weight_column(), {}), clear.real);
  EXPECT_EQ(upload.total(unit, *layout.weighted_presence_column(3), {}), clear.weighted_presence);
  const auto recombined = [&](unsigned power) {
    const table::DigitPlan plan = *layout.digits(3, power);
    EXPECT_GT(plan.count, 1U);
    table::WideInteger sum = 0;
    for (std::uint32_t d = plan.count; d-- > 0;) {
      sum = sum * (table::WideInteger{1} << plan.width_bits) +
            upload.total(unit, plan.first + 2 * d, {});
    }
    return sum;
  };
  EXPECT_TRUE(recombined(1) == clear.money);
  EXPECT_TRUE(recombined(2) == clear.money_squared);
  const std::uint32_t age = layout.digits(4, 1)->first;
  EXPECT_EQ(upload.total(unit, age, age), clear.age_squared);
  const auto& words = layout.families()[1];
  EXPECT_EQ(upload.total(unit, age, words.column_of(1)), clear.ages_of_b);
  // NULL is word 3, Monday is weekday 0; the word is the slower of the two.
  const std::vector<std::uint32_t> fields = {2, 1};
  const auto* joint = layout.find_family(fields);
  ASSERT_NE(joint, nullptr);
  EXPECT_EQ(upload.total(unit, rows, joint->column_of(3 * 7 + 0)), clear.mondays_without_word);
  EXPECT_EQ(upload.total(unit, words.column_of(2), layout.families()[2].column_of(0)),
            clear.young_of_other);
}

TEST_F(EncryptTable, GivesTotalsEqualToThoseOfTheClearTable) {
  const Example example = make_example(30'000);  // two chunks of rows per site
  EncryptOptions options;
  options.memory_budget_bytes = 1;  // a pass per unit
  const auto summary = encrypt(example.csv, kSchema, options);
  ASSERT_TRUE(summary.ok()) << describe(summary.error());
  EXPECT_EQ(summary->rows, 30'000U);
  EXPECT_EQ(summary->units, 3U);
  EXPECT_EQ(leftovers(), std::vector<std::string>{"upload"});
  struct stat info {};
  ASSERT_EQ(::stat(out_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);

  const ReadUpload upload(out_, keys_);
  EXPECT_EQ(upload.legend().dataset, "example");
  EXPECT_EQ(upload.legend().rows, 30'000U);
  std::map<std::uint32_t, ClearSums> sums;
  std::map<std::vector<std::uint32_t>, std::uint64_t> lattice;
  for (const Example::Row& row : example.rows) {
    const auto site = static_cast<std::uint32_t>(row.site);
    sums[site].add(row);
    lattice[{site, static_cast<std::uint32_t>(row.word.value_or(3))}] +=
        static_cast<unsigned>(row.real);
  }
  ASSERT_EQ(upload.legend().units.size(), 3U);
  for (std::uint32_t unit = 0; unit < 3; ++unit) {
    const ClearSums& clear = sums.at(upload.legend().units[unit].partition.at(0));
    EXPECT_EQ(upload.legend().units[unit].rows, static_cast<std::uint64_t>(clear.rows));
    EXPECT_EQ(upload.manifest().body().units[unit].cap_of_totals,
              static_cast<std::uint64_t>(clear.real / 3));
    expect_totals(upload, unit, clear);
  }
  ASSERT_EQ(upload.legend().lattice.size(), lattice.size());
  for (const table::LatticeCell& cell : upload.legend().lattice) {
    EXPECT_EQ(cell.persons, lattice[cell.groups]);
  }
}

TEST_F(EncryptTable, WritesTheSameUnitsInOnePassAsInMany) {
  const Example example = make_example(8000);
  const auto summary = encrypt(example.csv, kSchema);
  ASSERT_TRUE(summary.ok()) << describe(summary.error());
  const ReadUpload upload(out_, keys_);
  std::int64_t rows = 0;
  for (std::uint32_t unit = 0; unit < 3; ++unit) {
    rows += upload.total(unit, upload.layout().rows_column(), {});
  }
  EXPECT_EQ(rows, 8000);
}

TEST_F(EncryptTable, LeavesNothingBehindAfterAnError) {
  Example example = make_example(20'000);
  EXPECT_EQ(encrypt(example.csv, "row_limit = 9\n[columns.age]\nrole='measure'\nmin=0\nmax=150\n")
                .error()
                .rule,
            "encrypt.row_limit");
  const auto empty =
      encrypt("age\n", "row_limit = 9\n[columns.age]\nrole='measure'\nmin=0\nmax=150\n");
  EXPECT_EQ(empty.error().rule, "table.no_rows");
  EXPECT_NE(empty.error().file.find(".csv"), std::string::npos);
  const auto small = encrypt(make_example(60).csv, kSchema);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().code, base::ErrorCode::kRefused);
  example.csv += "0,2001-01-01,a,1,151,1\n";
  const auto bad = encrypt(example.csv, kSchema);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().rule, "cell.range");
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(EncryptTable, SaysWhatSmallUnitsGiveAwayBeforeItTakesThem) {
  std::vector<std::string> heard;
  EncryptOptions options;
  options.warn = [&](const std::string& warning) {
    heard.push_back(warning);
    EXPECT_TRUE(leftovers().empty());
  };
  const auto summary =
      encrypt(make_example(60).csv, "allow_small_units = true\n" + std::string(kSchema), options);
  ASSERT_TRUE(summary.ok()) << describe(summary.error());
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_NE(heard[0].find("3 of 3 units"), std::string::npos);
}

TEST_F(EncryptTable, RemovesWhatADeadEncryptLeftAndNothingOfALivingOne) {
  const auto sibling = [&](const std::string& suffix) {
    const std::filesystem::path folder = out_.string() + suffix;
    std::filesystem::create_directories(folder / "segments");
    return folder;
  };
  const auto dead = sibling(".partial.4194305");
  const auto living = sibling(".partial.4194306");
  const auto foreign = sibling(".partial.mine");
  const auto lock = base::FileLock::try_folder(living);
  ASSERT_TRUE(lock.ok() && lock->has_value());
  std::vector<std::string> heard;
  EncryptOptions options;
  options.warn = [&](const std::string& warning) { heard.push_back(warning); };
  ASSERT_TRUE(encrypt(make_example(8000).csv, kSchema, options).ok());
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
  EXPECT_TRUE(std::filesystem::exists(foreign));
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_NE(heard[0].find(dead.string()), std::string::npos);
}

TEST_F(EncryptTable, DoesNotWriteOverAFolder) {
  std::filesystem::create_directory(out_);
  const auto summary = encrypt(make_example(8000).csv, kSchema);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().rule, "encrypt.out_exists");
  EXPECT_EQ(leftovers(), std::vector<std::string>{"upload"});
}

/// A disk that fills up after some bytes.
class FullDisk final : public base::FileSystem {
 public:
  explicit FullDisk(std::uint64_t room) : room_(room) {}
  base::Result<std::unique_ptr<base::WritableFile>> open_append(const std::filesystem::path& path,
                                                                unsigned mode,
                                                                bool exclusive) override {
    CN_ASSIGN(auto file, base::real_file_system().open_append(path, mode, exclusive));
    return std::unique_ptr<base::WritableFile>(new File(std::move(file), room_));
  }
  base::Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return base::real_file_system().rename(from, to);
  }
  base::Status sync_folder(const std::filesystem::path& folder) override {
    return base::real_file_system().sync_folder(folder);
  }
  base::Status make_folders(const std::filesystem::path& folder, unsigned mode) override {
    return base::real_file_system().make_folders(folder, mode);
  }
  base::Status remove_tree(const std::filesystem::path& path) override {
    return base::real_file_system().remove_tree(path);
  }
  base::Result<std::uint64_t> free_bytes(const std::filesystem::path&) override {
    return shown_free;
  }
  std::uint64_t shown_free = std::uint64_t{1} << 40;

 private:
  class File final : public base::WritableFile {
   public:
    File(std::unique_ptr<base::WritableFile> file, std::atomic<std::uint64_t>& room)
        : file_(std::move(file)), room_(room) {}
    base::Status append(base::ByteView bytes) override {
      if (bytes.size() > room_.load()) return base::local_io_error("write", "disk", ENOSPC);
      room_ -= bytes.size();
      return file_->append(bytes);
    }
    base::Status sync() override { return file_->sync(); }

   private:
    std::unique_ptr<base::WritableFile> file_;
    std::atomic<std::uint64_t>& room_;
  };
  std::atomic<std::uint64_t> room_;
};

TEST_F(EncryptTable, LeavesNothingBehindOnAFullDisk) {
  const Example example = make_example(8000);
  FullDisk small(0);
  small.shown_free = 1000;
  EncryptOptions options;
  options.files = &small;
  const auto refused = encrypt(example.csv, kSchema, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().rule, "disk.space");
  for (const std::uint64_t room : {0U, 1'000'000U, 20'000'000U}) {
    FullDisk disk(room);
    options.files = &disk;
    const auto summary = encrypt(example.csv, kSchema, options);
    ASSERT_FALSE(summary.ok()) << room;
    EXPECT_EQ(summary.error().code, base::ErrorCode::kLocalIo);
    EXPECT_TRUE(leftovers().empty());
  }
}

// In a process of its own, because the stop flag stays set.
TEST_F(EncryptTable, LeavesNothingBehindAfterCtrlC) {
  const Example example = make_example(30'000);
  EXPECT_EXIT(
      {
        base::watch_stop_signals();
        EncryptOptions options;
        options.progress = [](std::string_view stage, double) {
          if (stage == "encrypt") std::raise(SIGINT);
        };
        const auto summary = encrypt(example.csv, kSchema, options);
        std::_Exit(summary.ok() ? 0 : static_cast<int>(summary.error().code));
      },
      testing::ExitedWithCode(130), "");
  EXPECT_TRUE(leftovers().empty());
}

TEST(DatasetName, IsWhatTheGatekeeperTakes) {
  for (const char* good : {"a", "flights_3m", "x1"}) EXPECT_TRUE(is_dataset_name(good)) << good;
  for (const char* bad : {"", "A", "1a", "_a", "a-b", "a.b", "a b", "../x"}) {
    EXPECT_FALSE(is_dataset_name(bad)) << bad;
  }
  EXPECT_TRUE(is_dataset_name(std::string(63, 'a')));
  EXPECT_FALSE(is_dataset_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace cryptonet::contributor::encrypt
