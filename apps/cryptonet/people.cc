// SPDX-License-Identifier: Apache-2.0
// cryptonet user and cryptonet project: what custodians do about people.
#include "api/call.h"
#include "api/routes.h"
#include "commands.h"
#include "enrolled.h"
#include "researcher/client/result_text.h"
#include "terminal.h"
#include "wording.h"

namespace cryptonet::app {
namespace {
namespace client = researcher::client;
namespace routes = api::gatekeeper;
const std::vector<std::string> kRoles = {"contributor", "researcher", "steward", "custodian",
                                         "auditor"};

struct Flags {
  std::string name;
  std::string user;
  std::string dataset;
  std::string role;
  bool password_stdin = false;
  std::string format;
};

/// Calls a route and prints what came: JSON, or the line that `text` makes of it.
template <typename Reply, typename Text>
base::Status ask(const Session& session, const Flags& flags, const api::RouteInfo& route,
                 std::initializer_list<std::string_view> path, const std::string& body, Text text) {
  CN_ASSIGN(const auto home, open_home(session));
  CN_ASSIGN(const auto gatekeeper, home.gatekeeper());
  CN_ASSIGN(const auto reply, api::call<Reply>(*gatekeeper, route, path,
                                               body.empty() ? api::Body{} : api::json_body(body)));
  if constexpr (std::is_same_v<Reply, api::Enrolled>) {
    return print_enrolled(reply, flags.format);
  } else {
    if (flags.format == "json") return print(reply.to_json() + "\n");
    return print(text(reply));
  }
}

std::string table_of(const api::PersonList& list) {
  std::vector<std::vector<std::string>> rows;
  for (const api::PersonSummary& person : list.users) {
    std::string projects;
    for (const api::Grant& grant : person.projects) {
      projects += (projects.empty() ? "" : ", ") + grant.project + ": " + grant.role;
    }
    rows.push_back({person.user, client::joined(person.roles), projects,
                    person.disabled ? "disabled"
                    : person.locked ? "locked"
                                    : "may sign in",
                    utc_text(person.last_sign_in_at)});
  }
  return client::aligned({"user", "roles", "projects", "state", "last sign-in"},
                         {false, false, false, false, false}, rows);
}

std::string table_of(const api::ProjectList& list) {
  std::vector<std::vector<std::string>> rows;
  for (const api::ProjectSummary& project : list.projects) {
    std::string members;
    for (const api::Member& member : project.members) {
      members += (members.empty() ? "" : ", ") + member.user + ": " + member.role;
    }
    const bool rest = project.name == "default" && project.datasets.empty();
    rows.push_back(
        {project.name, rest ? "(those of no other)" : client::joined(project.datasets), members});
  }
  return client::aligned({"project", "datasets", "members"}, {false, false, false}, rows);
}

base::Status add_user(const Session& session, const Flags& flags) {
  CN_ASSIGN(std::string password, new_password(flags.password_stdin));
  api::NewPerson request{flags.user, flags.role, std::move(password)};
  const std::string body = request.to_json();
  base::wipe(request.password.data(), request.password.size());
  return ask<api::Enrolled>(session, flags, routes::kAddUser, {}, body, nullptr);
}

base::Status reset_user(const Session& session, const Flags& flags) {
  CN_ASSIGN(std::string password, new_password(flags.password_stdin));
  api::PasswordReset request{std::move(password)};
  const std::string body = request.to_json();
  base::wipe(request.password.data(), request.password.size());
  return ask<api::Enrolled>(session, flags, routes::kResetUser, {flags.user}, body, nullptr);
}

base::Status disable_user(const Session& session, const Flags& flags) {
  return ask<api::Changed>(
      session, flags, routes::kDisableUser, {flags.user}, {}, [](const api::Changed& reply) {
        return reply.user +
               (reply.changed ? " may not sign in any more\n" : " was disabled already\n");
      });
}

std::string project_line(const api::ProjectChanged& reply, const std::string& what) {
  return reply.project + ": " + (reply.changed ? what : "it was so already") + "\n";
}

base::Status grant(const Session& session, const Flags& flags) {
  return ask<api::ProjectChanged>(
      session, flags, routes::kGrantRole, {flags.name, flags.user},
      api::MemberRole{flags.role}.to_json(), [&](const api::ProjectChanged& reply) {
        return project_line(reply, flags.user + " is now a " + flags.role);
      });
}

using Run = base::Status (*)(const Session&, const Flags&);

CLI::App& add_group(CLI::App& app, const char* name, const char* what) {
  auto& group = *app.add_subcommand(name, what);
  group.require_subcommand(1);
  return group;
}

/// A subcommand of a group; `positional` names the fields that it takes, in order.
CLI::App& add(CLI::App& group, Session& session, const char* name, const char* what,
              const std::string& example, const std::vector<const char*>& positional, Run run) {
  auto& command = *group.add_subcommand(name, what);
  auto flags = std::make_shared<Flags>();
  for (const std::string_view field : positional) {
    if (field == "NAME") command.add_option("NAME", flags->name, "the project")->required();
    if (field == "USER") command.add_option("USER", flags->user, "the person's name")->required();
    if (field == "DATASET") {
      command.add_option("DATASET", flags->dataset, "the dataset's name")->required();
    }
    if (field == "--role") {
      command.add_option("--role", flags->role, "the role")
          ->required()
          ->type_name("WORD")
          ->check(CLI::IsMember(kRoles));
    }
    if (field == "--password-stdin") {
      command.add_flag("--password-stdin", flags->password_stdin,
                       "read the password from the first line of stdin");
    }
  }
  add_format(command, session, flags->format, {"text", "json"});
  finish_command(command, session, "  " + example,
                 [&session, flags, run]() { return run(session, *flags); });
  return command;
}
}  // namespace

void add_user(CLI::App& app, Session& session) {
  auto& group = add_group(app, "user", "people: add, list, disable, reset (for custodians)");
  add(group, session, "add", "add a person, and show once what they sign in with",
      "cryptonet user add grace --role researcher", {"USER", "--role", "--password-stdin"},
      add_user);
  add(group, session, "list", "show everybody", "cryptonet user list", {},
      [](const Session& s, const Flags& flags) {
        return ask<api::PersonList>(s, flags, routes::kListUsers, {}, {},
                                    [](const api::PersonList& list) { return table_of(list); });
      });
  add(group, session, "disable", "let a person in no more, from the next request on",
      "cryptonet user disable grace", {"USER"}, disable_user);
  add(group, session, "reset", "give a person a new password and second factor",
      "cryptonet user reset grace", {"USER", "--password-stdin"}, reset_user);
}

void add_project(CLI::App& app, Session& session) {
  auto& group = add_group(app, "project", "projects: who may ask about which datasets");
  add(group, session, "add", "make a project", "cryptonet project add oncology", {"NAME"},
      [](const Session& s, const Flags& flags) {
        return ask<api::ProjectChanged>(
            s, flags, routes::kAddProject, {}, api::NewProject{flags.name}.to_json(),
            [](const api::ProjectChanged& reply) { return project_line(reply, "made"); });
      });
  add(group, session, "list", "show projects: all to a custodian, one's own to others",
      "cryptonet project list", {}, [](const Session& s, const Flags& flags) {
        return ask<api::ProjectList>(s, flags, routes::kListProjects, {}, {},
                                     [](const api::ProjectList& list) { return table_of(list); });
      });
  add(group, session, "grant", "give a person a role in a project",
      "cryptonet project grant oncology grace --role researcher", {"NAME", "USER", "--role"},
      grant);
  add(group, session, "remove", "take a person out of a project; ends that person's access keys",
      "cryptonet project remove oncology grace", {"NAME", "USER"},
      [](const Session& s, const Flags& flags) {
        return ask<api::ProjectChanged>(s, flags, routes::kRemoveMember, {flags.name, flags.user},
                                        {}, [&](const api::ProjectChanged& reply) {
                                          return project_line(
                                              reply, flags.user + " is no member any more");
                                        });
      });
  add(group, session, "attach",
      "put a dataset, published or not yet, into a project, out of 'default'",
      "cryptonet project attach oncology visits", {"NAME", "DATASET"},
      [](const Session& s, const Flags& flags) {
        return ask<api::ProjectChanged>(s, flags, routes::kAttachDataset,
                                        {flags.name, flags.dataset}, {},
                                        [&](const api::ProjectChanged& reply) {
                                          return project_line(reply, "has " + flags.dataset);
                                        });
      });
  add(group, session, "detach", "take a dataset out of a project",
      "cryptonet project detach oncology visits", {"NAME", "DATASET"},
      [](const Session& s, const Flags& flags) {
        return ask<api::ProjectChanged>(
            s, flags, routes::kDetachDataset, {flags.name, flags.dataset}, {},
            [&](const api::ProjectChanged& reply) {
              return project_line(reply, flags.dataset + " is no longer in it");
            });
      });
}

}  // namespace cryptonet::app
