// SPDX-License-Identifier: Apache-2.0
// Every JSON message of both servers, of enrolment files and of the files of homes, from hostile
// text: no crash, and an accepted message survives being written and read again. The first byte
// chooses the message, in the order of api/openapi.json.
#include "api/messages.h"

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace cryptonet::api;

template <typename Message>
void check(std::string_view text) {
  if (const auto message = Message::from_json(text); message.ok()) {
    const auto again = Message::from_json(message->to_json());
    if (!again.ok() || !(*again == *message)) std::abort();
  }
}

constexpr std::array kChecks = {check<AuditHead>,
                                check<AuditPage>,
                                check<Failure>,
                                check<ErrorReply>,
                                check<UploadState>,
                                check<SegmentStored>,
                                check<CloudStatus>,
                                check<GatekeeperStatus>,
                                check<JoinRequest>,
                                check<JoinReply>,
                                check<HintPieces>,
                                check<UploadReceipt>,
                                check<QueryRequest>,
                                check<ResultColumn>,
                                check<PlanFigures>,
                                check<Timing>,
                                check<QueryResult>,
                                check<QueryExplanation>,
                                check<DatasetSummary>,
                                check<DatasetList>,
                                check<VersionSummary>,
                                check<ColumnDescription>,
                                check<DatasetDescription>,
                                check<Dropped>,
                                check<Enrolment>,
                                check<CloudEnrolment>,
                                check<Identity>,
                                check<BootstrapRequest>,
                                check<NewPerson>,
                                check<Enrolled>,
                                check<PasswordReset>,
                                check<SignInRequest>,
                                check<SignedIn>,
                                check<StepUpRequest>,
                                check<Grant>,
                                check<WhoAmI>,
                                check<PersonSummary>,
                                check<PersonList>,
                                check<Changed>,
                                check<NewProject>,
                                check<MemberRole>,
                                check<Member>,
                                check<ProjectSummary>,
                                check<ProjectList>,
                                check<ProjectChanged>,
                                check<AccessKeyRequest>,
                                check<AccessKeyMade>,
                                check<AccessKeySummary>,
                                check<AccessKeyList>,
                                check<AccessKeyRevoked>,
                                check<Empty>,
                                check<Health>,
                                check<SealFile>,
                                check<SealState>,
                                check<PasskeySummary>,
                                check<PageAccount>,
                                check<PasswordShown>,
                                check<PasskeyAsked>,
                                check<PasskeyShown>,
                                check<PasskeyOffer>,
                                check<PasskeyMade>,
                                check<NamedId>,
                                check<SealingKey>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  kChecks[data[0] % kChecks.size()](text);
  return 0;
}
