#include <algorithm>

#include "immudb/inspection.h"

namespace immudb {

std::string_view NameOf(InspectedPart part) {
  switch (part) {
    case InspectedPart::kMeta: return "meta";
    case InspectedPart::kLog: return "log";
    case InspectedPart::kRoot: return "root";
    case InspectedPart::kDamageMark: return "damage mark";
    case InspectedPart::kManifest: return "manifest";
    case InspectedPart::kTree: return "tree";
    case InspectedPart::kOffsets: return "offsets";
    case InspectedPart::kIndex: return "index";
    case InspectedPart::kRebuildMark: return "rebuild mark";
  }
  return "";
}

bool IsDamage(InspectedPart part) {
  switch (part) {
    case InspectedPart::kMeta:
    case InspectedPart::kLog:
    case InspectedPart::kRoot:
    case InspectedPart::kDamageMark: return true;
    case InspectedPart::kManifest:
    case InspectedPart::kTree:
    case InspectedPart::kOffsets:
    case InspectedPart::kIndex:
    case InspectedPart::kRebuildMark: return false;
  }
  return true;
}

bool InspectionReport::is_damaged() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return IsDamage(finding.part); });
}

}  // namespace immudb
