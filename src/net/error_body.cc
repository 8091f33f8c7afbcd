// SPDX-License-Identifier: Apache-2.0
// {"error":{"code","rule","message","file","line","column","hint"}}, both ways; "file" is always
// "".
#include "net/error_body.h"

#include <nlohmann/json.hpp>

#include "net/token_buckets.h"

namespace cryptonet::net {
namespace {

using base::Error;
using base::ErrorCode;
using nlohmann::json;

constexpr std::size_t kMaxErrorBodyBytes = 64 * 1024;
constexpr std::size_t kMaxTextBytes = 4096;
constexpr int kBusyForS = 2;  ///< what a server that is busy or stopping asks for

std::string clean_text(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_string()) return {};
  std::string text = found->get<std::string>().substr(0, kMaxTextBytes);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7F) c = ' ';
  }
  return text;
}

std::int64_t position(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_integer()) return 0;
  const auto value = found->get<std::int64_t>();
  return value < 0 ? 0 : value;
}

HttpResponse response_of(base::Bytes body, const char* content_type) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

/// Whether the server cannot do it now and may later.
bool is_for_now(const std::string& rule) {
  return rule.ends_with(".busy") || rule.starts_with("ready.") || rule == "http.stopping" ||
         rule == "server.sealed";
}

bool is_own_fault(const Error& error) {
  return error.code == ErrorCode::kInternal ||
         (error.code == ErrorCode::kLocalIo && !is_for_now(error.rule) &&
          // written for the asker, who has to know why nothing is released
          !error.rule.starts_with("audit."));
}

}  // namespace

Error told_of(const Error& error) {
  Error told = error;
  told.file.clear();
  if (!is_own_fault(error)) return told;
  told.message = error.code == ErrorCode::kInternal ? "the request failed inside the server"
                                                    : "the server's own disk failed";
  told.hint = "tell its operator: the server's log says where and why";
  return told;
}

std::string withheld_of(const Error& error) {
  return is_own_fault(error) ? base::describe(error) : error.file;
}

int status_of(const Error& error) {
  if (error.rule.ends_with("not_found")) return 404;
  if (error.rule == "http.method") return 405;
  if (error.rule == "http.too_large") return 413;
  if (is_for_now(error.rule)) return 503;
  if (error.rule.ends_with("too_many")) return 429;
  if (error.rule == "http.no_certificate") return 401;
  switch (error.code) {
    case ErrorCode::kUsage:
    case ErrorCode::kBadInput:
      return 400;
    case ErrorCode::kRefused:
      return 403;
    case ErrorCode::kNotSignedIn:
      return 401;
    case ErrorCode::kIntegrity:
      return 409;
    case ErrorCode::kUnreachable:
      return 502;
    case ErrorCode::kInterrupted:
      return 503;
    case ErrorCode::kInternal:
    case ErrorCode::kLocalIo:
      return 500;
  }
  return 500;
}

HttpResponse error_response(const Error& whole) {
  const Error error = told_of(whole);
  const json body = {{"error",
                      {{"code", base::code_name(error.code)},
                       {"rule", error.rule},
                       {"message", error.message},
                       {"file", error.file},
                       {"line", error.line},
                       {"column", error.column},
                       {"hint", error.hint}}}};
  HttpResponse response = json_response(body.dump(-1, ' ', false, json::error_handler_t::replace));
  response.status = status_of(error);
  if (const auto seconds = retry_after_s(error)) {
    response.headers.emplace_back("Retry-After", std::to_string(*seconds));
  } else if (response.status == 503) {
    response.headers.emplace_back("Retry-After", std::to_string(kBusyForS));
  }
  return response;
}

HttpResponse json_response(std::string text) {
  return response_of(base::Bytes(text.begin(), text.end()), "application/json");
}

HttpResponse octet_response(base::Bytes bytes) {
  return response_of(std::move(bytes), "application/octet-stream");
}

Error error_from_answer(int status, base::ByteView body, std::string_view server) {
  const std::string who = "the " + std::string(server);
  if (body.size() <= kMaxErrorBodyBytes) {
    const json parsed = json::parse(base::text_of(body), nullptr, false);
    if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_object()) {
      const json& object = parsed["error"];
      const auto code = base::code_from_name(clean_text(object, "code"));
      if (code.has_value()) {
        Error error(*code, clean_text(object, "rule"), clean_text(object, "message"),
                    clean_text(object, "hint"));
        // The server stops, or its disk fails: for the one who asked, that is a server out of
        // reach.
        if (*code == ErrorCode::kInterrupted || *code == ErrorCode::kLocalIo) {
          error.code = ErrorCode::kUnreachable;
        }
        if (error.code != *code || *code == ErrorCode::kInternal) {
          error.message = who + " could not answer: " + error.message;
        }
        error.line = position(object, "line");
        error.column = position(object, "column");
        return error;
      }
    }
  }
  const ErrorCode code = status >= 500 ? ErrorCode::kUnreachable : ErrorCode::kBadInput;
  return Error(code, "http.status",
               who + " answered with status " + std::to_string(status) + " and no explanation");
}

}  // namespace cryptonet::net
