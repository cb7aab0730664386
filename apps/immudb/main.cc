// The server.

#include <span>

#include "process/options.h"
#include "server/program.h"

int main(int argc, char** argv) {
  const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
  return immudb::server::RunProgram(words.empty() ? words : words.subspan(1),
                                    immudb::process::SystemEnvironment());
}
