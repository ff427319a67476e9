# The install tree: one export per component, so that a consumer of core is never asked for a
# dependency of telltale.

include(CMakePackageConfigHelpers)

set(telltale_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/telltale)

foreach(component IN ITEMS core telltale testing prometheus)
  set(target telltale_${component})
  if(component STREQUAL "telltale")
    set(target telltale)
  endif()
  install(
    TARGETS ${target}
    EXPORT telltale-${component}-targets
    ARCHIVE COMPONENT ${component}
    LIBRARY COMPONENT ${component} NAMELINK_COMPONENT ${component}
    RUNTIME COMPONENT ${component}
    FILE_SET HEADERS COMPONENT ${component})
  install(
    EXPORT telltale-${component}-targets
    NAMESPACE telltale::
    DESTINATION ${telltale_package_dir}
    COMPONENT ${component})
endforeach()

if(BUILD_SHARED_LIBS)
  set(telltale_is_shared ON)
  set(telltale_private_libs "")
else()
  set(telltale_is_shared OFF)
  set(telltale_private_libs " -lspdlog -lfmt -lz")
endif()

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/telltale-config.cmake.in ${PROJECT_BINARY_DIR}/telltale-config.cmake
  INSTALL_DESTINATION ${telltale_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/telltale-config-version.cmake
  VERSION ${PROJECT_VERSION}
  COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/telltale-config.cmake
        ${PROJECT_BINARY_DIR}/telltale-config-version.cmake
  DESTINATION ${telltale_package_dir}
  COMPONENT core)

foreach(name IN ITEMS telltale-core telltale)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT core)
install(FILES ${PROJECT_BINARY_DIR}/telltale-core.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT core)
install(FILES ${PROJECT_BINARY_DIR}/telltale.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT telltale)
