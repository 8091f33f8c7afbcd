// SPDX-License-Identifier: Apache-2.0
// cryptonet eval: a small calculation on ciphertext, on this machine alone, to see what encrypted
// computing is. Makes a key for the run and needs no server, no home and no data.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "he/expression/run.h"
#include "researcher/client/result_text.h"

namespace cryptonet::app {
namespace {

namespace bgv = he::bgv;
namespace expression = he::expression;
using expression::Operation;

struct Flags {
  std::string text;
  std::string format;
  bool explain = false;
};

/// A run with everything that is told of it.
struct Told {
  const expression::Plan& plan;
  const bgv::Chain& chain;
  expression::Outcome outcome;

  const std::string& fingerprint(std::size_t step) const { return outcome.steps[step].fingerprint; }
  bool takes_two(const expression::Step& step) const {
    return step.operation == Operation::kAdd || step.operation == Operation::kSubtract ||
           step.operation == Operation::kMultiply;
  }
};

std::string spoken(Operation operation) {
  return operation == Operation::kSwitchModulus ? "switch modulus" : expression::name_of(operation);
}

/// "a + b", "relinearise a"
std::string formula(const Told& told, const expression::Step& step) {
  const std::string& left = told.fingerprint(step.left);
  if (!told.takes_two(step)) return left;
  const char sign = step.operation == Operation::kAdd        ? '+'
                    : step.operation == Operation::kSubtract ? '-'
                                                             : 'x';
  return fmt::format("{} {} {}", left, sign, told.fingerprint(step.right));
}

std::string text_of(const Told& told) {
  const auto& steps = told.plan.steps();
  std::string numbers;
  std::string operations;
  std::size_t width = fmt::format("{}", told.outcome.value).size();
  for (const auto& step : steps) {
    if (step.operation == Operation::kEncrypt) {
      width = std::max(width, fmt::format("{}", step.number).size());
    }
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].operation == Operation::kEncrypt) {
      numbers += fmt::format("  {:>{}}  ->  {}\n", steps[i].number, width, told.fingerprint(i));
    } else {
      operations += fmt::format("  {:<14}  {:<35}  =  {}\n", spoken(steps[i].operation),
                                formula(told, steps[i]), told.fingerprint(i));
    }
  }
  return fmt::format(
      "Encrypted, each with fresh noise, under a key made for this run\n{}\n"
      "Computed on ciphertext, without the key\n{}\n"
      "Opened with the key, which is now wiped\n  {}  ->  {}\n",
      numbers, operations, told.fingerprint(steps.size() - 1), told.outcome.value);
}

std::string parameters_text(const bgv::Chain& chain) {
  const auto& parameters = chain.parameters();
  return fmt::format(
      "BGV, N = {}, {} primes of {} bits and a special one, t = {}; {} bits of "
      "security",
      chain.ring_degree(), chain.data_primes(), chain.ring().modulus(0).bits(),
      chain.plaintext_modulus().value(), parameters.security_bits());
}

std::string explanation_of(const Told& told) {
  const auto& steps = told.plan.steps();
  const bgv::NoiseBounds bounds(told.chain.parameters());
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool arrives = steps[i].operation == Operation::kEncrypt;
    rows.push_back({told.fingerprint(i), arrives ? "arrives" : spoken(steps[i].operation),
                    arrives ? "" : formula(told, steps[i]),
                    researcher::client::bytes_text(told.outcome.steps[i].bytes),
                    fmt::format("2^{}", bgv::bits_of(steps[i].bound)),
                    fmt::format("2^{}", bgv::bits_of(bounds.modulus(steps[i].primes)) - 2)});
  }
  std::string key = "none: nothing is multiplied";
  if (told.outcome.evaluation_key_bytes > 0) {
    key = "relinearisation, " + researcher::client::bytes_text(told.outcome.evaluation_key_bytes);
  }
  return fmt::format(
      "What a cloud would see\n  parameters      {}\n  evaluation key  {}\n\n{}\n"
      "Noise stays below its limit in every row, whatever the numbers and the randomness, so that "
      "the "
      "result is exact.\n"
      "A cloud would not see: a number, the result, or the key.\n",
      parameters_text(told.chain), key,
      researcher::client::aligned({"value", "operation", "of", "bytes", "noise below", "limit"},
                                  {false, false, false, true, true, true}, rows));
}

nlohmann::ordered_json cloud_view(const Told& told) {
  const bgv::NoiseBounds bounds(told.chain.parameters());
  auto values = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < told.plan.steps().size(); ++i) {
    const auto& step = told.plan.steps()[i];
    values.push_back({{"fingerprint", told.fingerprint(i)},
                      {"bytes", told.outcome.steps[i].bytes},
                      {"noise_bound_bits", bgv::bits_of(step.bound)},
                      {"modulus_bits", bgv::bits_of(bounds.modulus(step.primes))}});
  }
  return {{"evaluation_key_bytes", told.outcome.evaluation_key_bytes}, {"values", values}};
}

std::string json_of(const Told& told, bool explain) {
  using nlohmann::ordered_json;
  const auto& steps = told.plan.steps();
  auto operands = ordered_json::array();
  auto operations = ordered_json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].operation == Operation::kEncrypt) {
      operands.push_back({{"value", steps[i].number}, {"fingerprint", told.fingerprint(i)}});
      continue;
    }
    auto of = ordered_json::array({told.fingerprint(steps[i].left)});
    if (told.takes_two(steps[i])) of.push_back(told.fingerprint(steps[i].right));
    operations.push_back({{"operation", expression::name_of(steps[i].operation)},
                          {"operands", of},
                          {"result", told.fingerprint(i)}});
  }
  const auto moduli = told.chain.parameters().ciphertext_moduli();
  ordered_json document = {
      {"operands", operands},
      {"operations", operations},
      {"result",
       {{"value", told.outcome.value}, {"fingerprint", told.fingerprint(steps.size() - 1)}}},
      {"parameters",
       {{"scheme", "BGV"},
        {"ring_degree", told.chain.ring_degree()},
        {"plaintext_modulus", told.chain.plaintext_modulus().value()},
        {"ciphertext_moduli", std::vector<std::uint64_t>(moduli.begin(), moduli.end() - 1)},
        {"special_modulus", moduli.back()},
        {"security_bits", told.chain.parameters().security_bits()}}}};
  if (explain) document["cloud"] = cloud_view(told);
  return document.dump(2) + "\n";
}

/// Shows the place of a complaint under the expression, on terminals and in logs alike.
base::Error pointed_at(const Session& session, const Flags& flags, base::Error error) {
  const bool one_line = std::none_of(flags.text.begin(), flags.text.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (error.column > 0 && one_line && flags.format == "text" && flags.text.size() <= 200) {
    note(session, "  " + flags.text + "\n  " +
                      std::string(static_cast<std::size_t>(error.column) - 1, ' ') + "^");
  }
  return error;
}

base::Status run(const Session& session, const Flags& flags) {
  auto parsed = expression::parse(flags.text);
  if (!parsed.ok()) return pointed_at(session, flags, parsed.take_error());
  CN_ASSIGN(const auto chain, bgv::Chain::create(expression::parameters()));
  auto plan = expression::Plan::create(*parsed, chain);
  if (!plan.ok()) return pointed_at(session, flags, plan.take_error());
  base::OsRandomness randomness;
  CN_ASSIGN(auto outcome, expression::run(*plan, chain, randomness));
  const Told told{*plan, chain, std::move(outcome)};
  if (flags.format == "json") return print(json_of(told, flags.explain));
  CN_RETURN_IF_ERROR(print(text_of(told)));
  if (!flags.explain) return base::ok();
  return print("\n" + explanation_of(told));
}

}  // namespace

void add_eval(CLI::App& app, Session& session) {
  auto& command = *app.add_subcommand("eval", "calculate with encrypted numbers, on this machine");
  auto flags = std::make_shared<Flags>();
  command
      .add_option("EXPRESSION", flags->text,
                  "whole numbers with + - x (or *) and parentheses; products of up to three")
      ->required();
  add_format(command, session, flags->format, {"text", "json"});
  command.add_flag("--explain", flags->explain, "show what a cloud would see of it");
  finish_command(
      command, session,
      "  cryptonet eval \"5 + 6\"\n"
      "  cryptonet eval \"(12 - 7) x 3 x -2\" --explain\n"
      "  cryptonet eval \"6 x 7\" --format json\n"
      "An expression that begins with a minus goes after --: cryptonet eval -- \"-5 + 6\"",
      [&session, flags]() { return run(session, *flags); });
}

}  // namespace cryptonet::app
