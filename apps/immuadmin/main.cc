// The administrator's command-line tool.

#include <span>

#include "cli/immuadmin.h"
#include "process/options.h"

int main(int argc, char** argv) {
  const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
  return immudb::cli::RunImmuadmin(words.empty() ? words : words.subspan(1),
                                   immudb::process::SystemEnvironment());
}
