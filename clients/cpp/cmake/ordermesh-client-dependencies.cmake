# What ordermesh::client links; used by its build and by whoever finds the installed package.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Protobuf)
if(NOT TARGET re2::re2)
  # Debian's gRPC names this target, but Debian's RE2 ships no CMake package that makes it.
  find_package(re2 CONFIG QUIET)
  if(NOT TARGET re2::re2)
    find_library(ORDERMESH_RE2 re2 REQUIRED)
    add_library(re2::re2 UNKNOWN IMPORTED)
    set_target_properties(re2::re2 PROPERTIES IMPORTED_LOCATION ${ORDERMESH_RE2})
  endif()
endif()
find_dependency(gRPC CONFIG)
