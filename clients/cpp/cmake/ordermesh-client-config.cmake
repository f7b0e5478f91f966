include(${CMAKE_CURRENT_LIST_DIR}/ordermesh-client-dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ordermesh-client-targets.cmake)
