# `cmake --install`: the programs, and the client library with what finds it: a CMake package and a
# pkg-config file. DESTDIR and the GNU directories are heeded.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# One archive holds our layers below the client, so that a user links one thing. What they are made
# of are other people's shared libraries, which the package asks for.
set(layers base crypto io merkle proof client)
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:immudb_\\1>" OUTPUT_VARIABLE objects)
add_library(immudb_sdk STATIC ${objects} $<TARGET_OBJECTS:immudb_proto>)
set_target_properties(immudb_sdk PROPERTIES OUTPUT_NAME immudb LINKER_LANGUAGE CXX)

install(TARGETS immudb immuclient immuadmin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# What the tools write about themselves: a manual page, and completions for three shells.
set(documents ${CMAKE_BINARY_DIR}/documents)
file(MAKE_DIRECTORY ${documents})
foreach(tool immuclient immuadmin)
  set(run ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:${tool}>)
  set(outputs ${documents}/${tool}.1 ${documents}/${tool} ${documents}/_${tool} ${documents}/${tool}.fish)
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${run} mangen ${documents}
    COMMAND ${run} completion bash > ${documents}/${tool}
    COMMAND ${run} completion zsh > ${documents}/_${tool}
    COMMAND ${run} completion fish > ${documents}/${tool}.fish
    DEPENDS ${tool} VERBATIM)
  add_custom_target(${tool}_documents ALL DEPENDS ${outputs})
  install(FILES ${documents}/${tool}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${documents}/${tool} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${documents}/_${tool} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${documents}/${tool}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()
install(TARGETS immudb_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/immudb DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# From the folder of the pkg-config file, so that an installation may be moved.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/immudb.pc.in immudb.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/immudb.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/immudb)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/immudb-config.cmake.in
  immudb-config.cmake INSTALL_DESTINATION ${package_dir}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(immudb-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/immudb-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/immudb-config-version.cmake DESTINATION ${package_dir})
