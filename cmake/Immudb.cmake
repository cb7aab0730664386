# The options every target of ours is compiled with, and immudb_library().
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

add_library(immudb_options INTERFACE)
target_compile_features(immudb_options INTERFACE cxx_std_20)
target_include_directories(immudb_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(immudb_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Werror
  -fstack-protector-strong -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # GCC 12 warns of vectors that it inlines, with sizes that it made up.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
target_link_options(immudb_options INTERFACE -Wl,-z,relro,-z,now)
target_link_libraries(immudb_options INTERFACE Threads::Threads)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(IMMUDB_DCHECKS "Compile expensive checks in" OFF)
target_compile_definitions(immudb_options INTERFACE $<$<BOOL:${IMMUDB_DCHECKS}>:IMMUDB_DCHECKS>)
set(IMMUDB_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")
if(IMMUDB_SANITIZE)
  target_compile_options(immudb_options INTERFACE -fsanitize=${IMMUDB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(immudb_options INTERFACE -fsanitize=${IMMUDB_SANITIZE})
  # GCC warns of the fences in Asio that its thread sanitizer does not see.
  if(IMMUDB_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(immudb_options INTERFACE -Wno-tsan)
  endif()
endif()
option(IMMUDB_FUZZ "Build the fuzz targets as programs of libFuzzer's (clang)" OFF)
add_custom_target(fuzz_targets)  # All of them.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# immudb_library(NAME DEPS...): one directory of src/ is one static library, immudb::NAME.
# Every *_test.cc beside its sources becomes part of NAME_test, registered case by case.
function(immudb_library name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    set(scope PUBLIC)
    add_library(immudb_${name} STATIC ${sources})
  else()
    set(scope INTERFACE)
    add_library(immudb_${name} INTERFACE)
  endif()
  add_library(immudb::${name} ALIAS immudb_${name})
  target_link_libraries(immudb_${name} ${scope} immudb_options ${ARGN})
  if(BUILD_TESTING AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE immudb::${name} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE IMMUDB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300 LABELS ${name})
  endif()
endfunction()

# immudb_fuzz(LAYER NAME [SOURCES...]): NAME_fuzz.cc is a fuzz target of a layer that
# immudb_library() has made. It becomes part of LAYER_test and, with IMMUDB_FUZZ, of the program
# LAYER_NAME_fuzz, together with SOURCES, which are in LAYER_test already.
function(immudb_fuzz layer name)
  if(TARGET ${layer}_test)
    target_sources(${layer}_test PRIVATE ${name}_fuzz.cc)
  endif()
  if(IMMUDB_FUZZ)
    set(program ${layer}_${name}_fuzz)
    add_executable(${program} EXCLUDE_FROM_ALL ${name}_fuzz.cc ${ARGN})
    target_compile_definitions(${program} PRIVATE IMMUDB_LIBFUZZER)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${program} PRIVATE immudb::${layer})
    add_dependencies(fuzz_targets ${program})
  endif()
endfunction()
