# SentencePiece as cmake/fetch_dependencies builds it: static, against Debian's
# protobuf. Debian's own libsentencepiece must not be used, it exports a second
# protobuf and crashes beside the first.
include(DependencyCache)
set(SentencePiece_ROOT "${RANKADAPTOR_CACHE}/sentencepiece-0.2.1")
if(NOT EXISTS "${SentencePiece_ROOT}/lib/libsentencepiece.a")
  message(FATAL_ERROR "SentencePiece is not at ${SentencePiece_ROOT}: run "
                      "cmake/fetch_dependencies")
endif()
find_package(Protobuf REQUIRED)

add_library(sentencepiece_processor STATIC IMPORTED)
set_target_properties(sentencepiece_processor PROPERTIES
  IMPORTED_LOCATION "${SentencePiece_ROOT}/lib/libsentencepiece.a"
  INTERFACE_INCLUDE_DIRECTORIES "${SentencePiece_ROOT}/include"
  INTERFACE_LINK_LIBRARIES "protobuf::libprotobuf-lite;Threads::Threads")
add_library(sentencepiece_trainer STATIC IMPORTED)
set_target_properties(sentencepiece_trainer PROPERTIES
  IMPORTED_LOCATION "${SentencePiece_ROOT}/lib/libsentencepiece_train.a"
  INTERFACE_INCLUDE_DIRECTORIES "${SentencePiece_ROOT}/include"
  INTERFACE_LINK_LIBRARIES sentencepiece_processor)
