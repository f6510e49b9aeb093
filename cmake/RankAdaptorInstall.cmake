# What `cmake --install` puts where find_package(RankAdaptor) finds it:
#
#   find_package(RankAdaptor 0.1 REQUIRED COMPONENTS search)
#   target_link_libraries(program PRIVATE rankadaptor::search)
#
#   component      targets
#   search         rankadaptor::search
#   surrogate      rankadaptor::surrogate_structured, ::surrogate_neural
#   graph          rankadaptor::graph
#   evaluator_sdk  rankadaptor::evaluator_sdk: what an evaluator needs;
#                  rankadaptor_evaluator_plugin(): a shared library of one
#   evaluator_host rankadaptor::evaluator_host: loads such libraries
#
# All bring rankadaptor::search_api, ::search_common and ::surrogate. Nothing of
# LibTorch is installed.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(RANKADAPTOR_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/RankAdaptor")

# A component is an export set: one file of targets.
function(rankadaptor_install_library name component)
  set_target_properties(${name} PROPERTIES OUTPUT_NAME rankadaptor_${name})
  install(
    TARGETS ${name}
    EXPORT RankAdaptor_${component}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    INCLUDES
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/include")
    install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
            FILES_MATCHING PATTERN "*.h")
  endif()
  set_property(GLOBAL APPEND PROPERTY RANKADAPTOR_COMPONENTS ${component})
endfunction()

function(rankadaptor_install_package)
  get_property(components GLOBAL PROPERTY RANKADAPTOR_COMPONENTS)
  list(REMOVE_DUPLICATES components)
  foreach(component IN LISTS components)
    install(
      EXPORT RankAdaptor_${component}
      NAMESPACE rankadaptor::
      FILE RankAdaptor_${component}.cmake
      DESTINATION "${RANKADAPTOR_PACKAGE_DIR}")
  endforeach()
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/RankAdaptorConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/RankAdaptorConfig.cmake"
    INSTALL_DESTINATION "${RANKADAPTOR_PACKAGE_DIR}")
  write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/RankAdaptorConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/RankAdaptorConfig.cmake"
                "${PROJECT_BINARY_DIR}/RankAdaptorConfigVersion.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/RankAdaptorPlugin.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/plugin_symbols.map"
          DESTINATION "${RANKADAPTOR_PACKAGE_DIR}")
endfunction()
