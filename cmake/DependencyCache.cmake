# RANKADAPTOR_CACHE: where cmake/fetch_dependencies keeps what Debian does not
# have, shared between clones.
if(NOT RANKADAPTOR_CACHE)
  if(DEFINED ENV{RANKADAPTOR_CACHE})
    set(RANKADAPTOR_CACHE "$ENV{RANKADAPTOR_CACHE}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(RANKADAPTOR_CACHE "$ENV{XDG_CACHE_HOME}/rankadaptor")
  else()
    set(RANKADAPTOR_CACHE "$ENV{HOME}/.cache/rankadaptor")
  endif()
endif()
