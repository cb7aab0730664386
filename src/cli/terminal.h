// Standard input, output and error as the tools use them.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::cli {

enum class StandardStream : std::uint8_t { kInput, kOutput, kError };

bool IsTerminal(StandardStream stream);

void Print(std::string_view text);
void PrintError(std::string_view text);

// Prints bytes that are no text. Errors: kIo.
Status WriteOutput(BytesView bytes);

// Prints `question` and reads a line; only `y` and `yes` are a yes. The end of the input is a no.
bool AskYesNo(std::string_view question);

// Asks for a password: prints `prompt`, reads a line, without echo from a terminal. Standard input
// that is no terminal is read to the end of its first line.
// Errors: kInvalidArgument if the input has no line.
Result<std::string> AskPassword(std::string_view prompt);

// Fills `out` from standard input, and returns how much; fewer only at its end. Errors: kIo.
Result<std::size_t> ReadInputBytes(std::span<std::uint8_t> out);

// Reads standard input to its end. Errors: kLimitExceeded beyond `bytes_max`; kIo.
Result<std::string> ReadInput(std::size_t bytes_max);

}  // namespace immudb::cli
