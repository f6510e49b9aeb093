# rankadaptor_evaluator_plugin(<name> SOURCES ... [LINKS ...])
#   shared library <name>.so of a class that RANKADAPTOR_EXPORT_EVALUATOR names;
#   exports the entry and nothing else.
set(RANKADAPTOR_PLUGIN_SYMBOLS
    "${CMAKE_CURRENT_LIST_DIR}/plugin_symbols.map"
    CACHE INTERNAL "The linker's list of what a plug-in exports")

function(rankadaptor_evaluator_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE rankadaptor::evaluator_sdk ${ARG_LINKS})
  set_target_properties(
    ${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden
                       VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(
    ${name} PRIVATE "LINKER:--version-script=${RANKADAPTOR_PLUGIN_SYMBOLS}")
endfunction()
