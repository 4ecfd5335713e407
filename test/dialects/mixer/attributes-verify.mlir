// One failing attribute for every constraint of the slot attributes.
// RUN: heddle-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{block of block_causal, expected at least 1 but got 0}}
func.func private @block_causal_c1() attributes {slot = #mixer.block_causal<0>}

// -----

// expected-error@+1 {{left of window, expected at least 0 but got -1}}
func.func private @window_c1() attributes {slot = #mixer.window<left = -1, right = 0>}

// -----

// expected-error@+1 {{right of window, expected at least 0 but got -2}}
func.func private @window_c2() attributes {slot = #mixer.window<left = 1, right = -2>}

// -----

// expected-error@+1 {{count of sinks, expected at least 1 but got 0}}
func.func private @sinks_c1() attributes {slot = #mixer.sinks<0>}

// -----

// An empty list is not in the syntax; the parser says so before the verifier would.
// expected-error@+2 {{expected integer value}}
// expected-error@+1 {{failed to parse}}
func.func private @global_c1() attributes {slot = #mixer.global<[]>}

// -----

// expected-error@+1 {{positions of global, expected at least 0 but got -3}}
func.func private @global_c2() attributes {slot = #mixer.global<[-3, 1]>}

// -----

// expected-error@+1 {{positions of global, expected strictly increasing but got 4 before 4}}
func.func private @global_c3() attributes {slot = #mixer.global<[1, 4, 4]>}

// -----

// expected-error@+1 {{left of dilated, expected at least 0 but got -1}}
func.func private @dilated_c1() attributes {slot = #mixer.dilated<left = -1, right = 0, step = 2>}

// -----

// expected-error@+1 {{right of dilated, expected at least 0 but got -1}}
func.func private @dilated_c2() attributes {slot = #mixer.dilated<left = 1, right = -1, step = 2>}

// -----

// expected-error@+1 {{step of dilated, expected at least 1 but got 0}}
func.func private @dilated_c3() attributes {slot = #mixer.dilated<left = 1, right = 1, step = 0>}

// -----

// expected-error@+1 {{block of block_list, expected at least 1 but got 0}}
func.func private @block_list_c1() attributes {slot = #mixer.block_list<0, offsets = [0, 1], blocks = [0]>}

// -----

// expected-error@+1 {{offsets of block_list, expected [0, ...] with at least two entries but got [1, 1]}}
func.func private @block_list_c2() attributes {slot = #mixer.block_list<4, offsets = [1, 1], blocks = [0]>}

// -----

// expected-error@+1 {{offsets of block_list, expected non-decreasing but got [0, 2, 1]}}
func.func private @block_list_c3() attributes {slot = #mixer.block_list<4, offsets = [0, 2, 1], blocks = [0]>}

// -----

// expected-error@+1 {{last offset of block_list, expected the number of blocks 2 but got 1}}
func.func private @block_list_c4() attributes {slot = #mixer.block_list<4, offsets = [0, 1], blocks = [0, 1]>}

// -----

// expected-error@+1 {{blocks of block_list, expected rows that are non-negative and strictly increasing but got [1, 0]}}
func.func private @block_list_c5() attributes {slot = #mixer.block_list<4, offsets = [0, 2], blocks = [1, 0]>}

// -----

// expected-error@+1 {{size of groups, expected at least 1 but got 0}}
func.func private @groups_c1() attributes {slot = #mixer.groups<0, shift = 0>}

// -----

// expected-error@+1 {{shift of groups, expected at least 0 but got -1}}
func.func private @groups_c2() attributes {slot = #mixer.groups<4, shift = -1>}

// -----

// expected-error@+1 {{width of window_2d, expected at least 1 but got 0}}
func.func private @window_2d_c1() attributes {slot = #mixer.window_2d<width = 0, rows = 1, cols = 1>}

// -----

// expected-error@+1 {{rows of window_2d, expected at least 0 but got -1}}
func.func private @window_2d_c2() attributes {slot = #mixer.window_2d<width = 4, rows = -1, cols = 1>}

// -----

// expected-error@+1 {{cols of window_2d, expected at least 0 but got -1}}
func.func private @window_2d_c3() attributes {slot = #mixer.window_2d<width = 4, rows = 1, cols = -1>}

// -----

// expected-error@+1 {{classes of per_head, expected supports but got #mixer.identity}}
func.func private @per_head_c1() attributes {slot = #mixer.per_head<[0], [#mixer.identity]>}

// -----

// expected-error@+1 {{heads of per_head, expected class numbers below 1 but got 1}}
func.func private @per_head_c2() attributes {slot = #mixer.per_head<[0, 1], [#mixer.full]>}

// -----

// expected-error@+1 {{any_of, expected supports but got 3}}
func.func private @any_of_c1() attributes {slot = #mixer.any_of<#mixer.causal, 3 : i32>}

// -----

// expected-error@+1 {{all_of, expected supports but got 3}}
func.func private @all_of_c1() attributes {slot = #mixer.all_of<#mixer.causal, 3 : i32>}

// -----

// expected-error@+1 {{center of toeplitz, expected at least 0 but got -1}}
func.func private @toeplitz_c1() attributes {slot = #mixer.toeplitz<center = -1>}

// -----

// expected-error@+1 {{scale of linear, expected a finite number but got}}
func.func private @linear_c1() attributes {slot = #mixer.linear<scale = 0x7FF0000000000000>}

// -----

// expected-error@+1 {{scale of softmax, expected a finite number but got}}
func.func private @softmax_c1() attributes {slot = #mixer.softmax<scale = 0x7FF8000000000000>}

// -----

// expected-error@+1 {{soft_cap of softmax, expected a finite number of at least 0 but got}}
func.func private @softmax_c2() attributes {slot = #mixer.softmax<scale = 1.0, soft_cap = -1.0>}

// -----

// expected-error@+1 {{epsilon of norm, expected a finite number of at least 0 but got}}
func.func private @norm_c1() attributes {slot = #mixer.norm<row_sum, epsilon = -0.5>}

// -----

// expected-error@+1 {{chunk of form, expected at least 0 but got -8}}
func.func private @form_c1() attributes {slot = #mixer.form<chunked, chunk = -8>}
