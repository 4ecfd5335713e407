# find_package(heddle) gives heddle::runtime: the shared library and its headers.
include("${CMAKE_CURRENT_LIST_DIR}/heddleTargets.cmake")
