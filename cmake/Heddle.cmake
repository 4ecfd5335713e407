# The three helpers of this build. Everything else is plain CMake.

if(HEDDLE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter -Werror=return-type)
add_link_options(-fuse-ld=lld)

# heddle_define_mlir(): the one interface target through which our code sees MLIR and LLVM.
# Only the two shared libraries are linked: static MLIR archives would bring a second copy of MLIR.
function(heddle_define_mlir)
  add_library(heddle_mlir INTERFACE)
  target_include_directories(heddle_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_include_directories(heddle_mlir INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(heddle_mlir INTERFACE MLIR LLVM)
endfunction()

# heddle_library(NAME LAYER <layer> SOURCES ... [LINK ...] [DEPENDS ...])
# A static library of one layer. The first library of a layer builds the layer's precompiled header
# (<layer>/Pch.h); the others reuse it.
function(heddle_library name)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC heddle_mlir ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  heddle_use_pch(${name} ${ARG_LAYER})
endfunction()

# heddle_use_pch(target layer): share <layer>/Pch.h between all targets of the layer.
function(heddle_use_pch target layer)
  set(pch heddle_pch_${layer})
  if(NOT TARGET ${pch})
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/pch/${layer}.cpp CONTENT "")
    add_library(${pch} OBJECT ${PROJECT_BINARY_DIR}/pch/${layer}.cpp)
    target_link_libraries(${pch} PUBLIC heddle_mlir)
    target_precompile_headers(${pch} PRIVATE ${PROJECT_SOURCE_DIR}/${layer}/Pch.h)
    set_target_properties(${pch} PROPERTIES PCH_INSTANTIATE_TEMPLATES ON)
    # ccache accepts a precompiled header only when it carries no time stamp.
    target_compile_options(${pch} PUBLIC "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endfunction()
