# Imported targets for LibTorch, declared here because the TorchConfig.cmake of
# the PyPI wheel wants a CUDA toolkit. -DTorch_ROOT=DIR (a folder with include/
# and lib/), or the environment variable, wins over the copy that
# cmake/fetch_dependencies keeps in the cache.
#
# Only libtorch_cpu and libc10 are linked; the CUDA library is opened at run
# time where it exists (evaluators/llama/device).
include(DependencyCache)
if(NOT Torch_ROOT AND DEFINED ENV{Torch_ROOT})
  set(Torch_ROOT "$ENV{Torch_ROOT}")
endif()
if(NOT Torch_ROOT)
  set(Torch_ROOT "${RANKADAPTOR_CACHE}/libtorch-2.11.0")
endif()
if(NOT EXISTS "${Torch_ROOT}/lib/libtorch_cpu.so")
  message(FATAL_ERROR
    "LibTorch is not at ${Torch_ROOT}: run cmake/fetch_dependencies, or name "
    "an existing one with -DTorch_ROOT=DIR (LibTorch >= 2.4)")
endif()

add_library(torch_c10 SHARED IMPORTED)
set_target_properties(torch_c10 PROPERTIES
  IMPORTED_LOCATION "${Torch_ROOT}/lib/libc10.so")
add_library(torch_cpu SHARED IMPORTED)
set_target_properties(torch_cpu PROPERTIES
  IMPORTED_LOCATION "${Torch_ROOT}/lib/libtorch_cpu.so")

add_library(rankadaptor_torch INTERFACE)
add_library(rankadaptor::torch ALIAS rankadaptor_torch)
target_include_directories(rankadaptor_torch SYSTEM INTERFACE
  "${Torch_ROOT}/include" "${Torch_ROOT}/include/torch/csrc/api/include")
# libtorch_cpu registers its kernels when it is loaded: keep it even where the
# linker sees no direct use.
target_link_libraries(rankadaptor_torch INTERFACE
  -Wl,--no-as-needed torch_cpu torch_c10 -Wl,--as-needed)
# First of all libraries: it brings a fast BLAS of its own, whose names Debian's
# (which Ceres wants) would take over if it were loaded before.
target_link_options(rankadaptor_torch INTERFACE
  "LINKER:--no-as-needed,${Torch_ROOT}/lib/libtorch_cpu.so,--as-needed")
