#include "process/figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace immudb::process {
namespace {

TEST(FiguresTest, AnOpenFileIsCounted) {
  const std::uint64_t before = ReadProcessFigures().open_files;
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ReadProcessFigures().open_files, before + 1);
  close(descriptor);
  EXPECT_EQ(ReadProcessFigures().open_files, before);
}

TEST(FiguresTest, MemoryAndTimeAreThoseOfARunningProcess) {
  const ProcessFigures figures = ReadProcessFigures();
  EXPECT_GT(figures.resident_bytes, 1u << 20);
  EXPECT_GT(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GT(figures.cpu_seconds, 0);
  EXPECT_GE(figures.open_files_max, figures.open_files);
}

}  // namespace
}  // namespace immudb::process
