#include <utility>
#include <vector>

#include "base/error.h"
#include "ledger/damage.h"
#include "ledger/inspection.h"
#include "ledger/ledger_impl.h"

namespace immudb::ledger {

Result<InspectionReport> LedgerImpl::Inspect(std::span<const RecordedRoot> recorded,
                                             InspectionObserver& observer) {
  InspectionOptions options;
  options.recorded.assign(recorded.begin(), recorded.end());
  options.checkpointed = {checkpointer_->entries()};
  options.pin = [this]() -> Result<InspectionOptions::Pin> {
    InspectionOptions::Pin pin{.size = storage_->Published(), .root = std::nullopt};
    if (!CheckUndamaged()) return pin;
    const Result<TreeHead> head = HeadAt(TreeReader(*storage_->tree), pin.size);
    // Where the tree cannot be read, which is noted then, the log is still to be looked at.
    if (head) pin.root = head->root;
    return pin;
  };
  const InspectionContext context{environment_.files, environment_.random, observer};
  Result<InspectionReport> report = InspectLedger(context, storage_->directory, options);
  if (report) NoteFindings(*report);
  return report;
}

void LedgerImpl::NoteFindings(const InspectionReport& report) {
  for (const Finding& finding : report.findings) {
    if (IsDamage(finding.part)) {
      MarkDamaged(environment_.files, *storage_, finding.text);
    } else {
      MarkForRebuild(environment_.files, *storage_, finding.text);
    }
  }
}

}  // namespace immudb::ledger
