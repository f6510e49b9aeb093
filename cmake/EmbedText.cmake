# rankadaptor_embed_text(OUT HEADER header NAMESPACE ns FUNCTION file ...)
#
# Writes the C++ file OUT, in which each FUNCTION of the header returns the
# contents of its file as a std::string_view. Made again when a file changes.
function(rankadaptor_embed_text out header namespace)
  set(code "// Made by cmake/EmbedText.cmake.\n#include \"${header}\"\n\n")
  string(APPEND code "namespace ${namespace} {\n")
  while(ARGN)
    list(POP_FRONT ARGN function file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    # As numbers: text would have to be free of whatever ends a literal.
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND code "namespace {\nconstexpr unsigned char k${function}[] = {"
           "${bytes}};\n}\nstd::string_view ${function}() {\n"
           "  return {reinterpret_cast<const char*>(k${function}),\n"
           "          sizeof k${function}};\n}\n")
  endwhile()
  string(APPEND code "}  // namespace ${namespace}\n")
  set(before "")
  if(EXISTS "${out}")
    file(READ "${out}" before)
  endif()
  if(NOT before STREQUAL code)
    file(WRITE "${out}" "${code}")
  endif()
endfunction()
