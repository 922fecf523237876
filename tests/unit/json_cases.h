/* SPDX-License-Identifier: MIT
 *
 * Texts for test_json.c, in the order of RFC 8259's grammar: each production
 * used rightly, then each way of breaking it; a refused text is named after its
 * fault.  Depth and length limits are tested apart.
 */
#ifndef DG_TESTS_JSON_CASES_H
#define DG_TESTS_JSON_CASES_H

#include <stddef.h>

/* A literal and its size: a text may hold NULs. */
#define TEXT(literal) literal, sizeof(literal) - 1

struct json_case {
    const char *name; /* what the text shows */
    const char *text; /* not ended by its NUL: it may hold others */
    size_t size;      /* of text, in bytes */
};

static const struct json_case accepted[] = {
    /* a text: white space, one value, white space */
    { "lone_true", TEXT("true") },
    { "lone_null", TEXT("null") },
    { "lone_number", TEXT("2048") },
    { "lone_string", TEXT("\"sunset\"") },
    { "lone_empty_object", TEXT("{}") },
    { "lone_empty_array", TEXT("[]") },
    { "each_space_before", TEXT(" \t\r\nnull") },
    { "each_space_after", TEXT("false \t\r\n") },
    { "space_after_lone_number", TEXT("31\n") },
    { "space_in_empty_brackets", TEXT("[{ \t\r\n},[\n\r\t ]]") },
    { "space_around_every_mark", TEXT(" { \"w\" : [ 64 , 32 ] , \"h\" : 8 } ") },
    { "byte_order_mark_then_value", TEXT("\xEF\xBB\xBF{\"seed\":5}") },

    /* array = "[" [ value *( "," value ) ] "]" */
    { "array_of_one", TEXT("[\"oil\"]") },
    { "array_of_each_kind", TEXT("[null,true,false,6,\"six\",{},[]]") },
    { "array_in_array_in_array", TEXT("[[[\"deep\"]],[]]") },

    /* object = "{" [ member *( "," member ) ] "}" */
    { "member_of_each_kind",
      TEXT("{\"n\":null,\"t\":true,\"f\":false,\"i\":6,\"s\":\"\",\"o\":{},\"a\":[]}") },
    { "object_in_object", TEXT("{\"image\":{\"size\":{\"w\":512}}}") },
    { "empty_name", TEXT("{\"\":\"nameless\"}") },
    { "same_name_twice", TEXT("{\"style\":1,\"style\":2}") },
    { "name_with_marks", TEXT("{\"{[:,]}\":\"]}\"}") },
    { "name_with_escapes", TEXT("{\"a\\tb\\u00df\\\"\":0}") },
    { "name_in_utf_8", TEXT("{\"gr\xC3\xB6\xC3\x9F"
                            "e\":0}") },

    /* number = [ "-" ] int [ frac ] [ exp ] */
    { "zero", TEXT("0") },
    { "minus_zero", TEXT("[-0]") },
    { "each_single_digit", TEXT("[1,2,3,4,5,6,7,8,9]") },
    { "zeros_inside_and_last", TEXT("[10,907,5000]") },
    { "fraction", TEXT("[6.25,-6.25]") },
    { "fraction_of_zero", TEXT("[0.0,-0.007]") },
    { "exponent_small_letter", TEXT("9e2") },
    { "exponent_capital_letter", TEXT("9E2") },
    { "exponent_with_plus", TEXT("[9e+2,9E+2]") },
    { "exponent_with_minus", TEXT("[9e-2,9E-2]") },
    { "exponent_of_zero", TEXT("[0e0,-0E-0]") },
    { "exponent_with_first_zeros", TEXT("[1e007,1e-00]") },
    { "all_parts_of_a_number", TEXT("-108.0450E-012") },
    { "more_digits_than_a_double", TEXT("[3.14159265358979323846264338327950288]") },
    { "integer_over_64_bits", TEXT("[98765432109876543210987]") },
    { "exponents_beyond_a_double", TEXT("[7e999,-7e999,7e-999]") },

    /* string = quotation-mark *char quotation-mark */
    { "empty_string", TEXT("\"\"") },
    { "each_short_escape", TEXT("[\"\\\"\",\"\\\\\",\"\\/\",\"\\b\\f\\n\\r\\t\"]") },
    { "bare_solidus", TEXT("\"data:image/png\"") },
    { "backslash_before_the_last_quote", TEXT("\"c:\\\\\"") },
    { "escaped_backslash_then_letter", TEXT("\"\\\\u12\"") },
    { "first_and_last_plain_ascii", TEXT("\" !#[]~\"") },
    { "delete_is_no_control_character", TEXT("\"\x7F\"") },
    { "hex_digits_in_both_cases", TEXT("\"\\u0aF9\\uBcDe\"") },
    { "escaped_nul", TEXT("\"\\u0000\"") },
    { "escaped_control_characters", TEXT("\"\\u0001\\u001F\"") },
    { "escaped_quote_by_number", TEXT("\"\\u0022\\u005c\"") },
    { "first_and_last_escaped_pair", TEXT("\"\\uD800\\uDC00 \\udbff\\udfff\"") },
    { "lone_escaped_high_half", TEXT("\"\\uDBFF\"") },
    { "lone_escaped_low_half", TEXT("\"\\udfff!\"") },
    { "escaped_halves_reversed", TEXT("\"\\uDE00\\uD83D\"") },
    { "escaped_high_half_twice", TEXT("[\"\\uD83D\\uD83D\"]") },
    { "two_byte_range", TEXT("\"\xC2\x80\xDF\xBF\"") },
    { "three_byte_range", TEXT("\"\xE0\xA0\x80\xEF\xBF\xBF\"") },
    { "around_the_surrogates", TEXT("\"\xED\x9F\xBF\xEE\x80\x80\"") },
    { "four_byte_range", TEXT("\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"") },
    { "byte_order_mark_in_string", TEXT("\"\xEF\xBB\xBF\"") },
    { "line_separators_in_string", TEXT("\"\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\"") },
    { "marks_in_string", TEXT("[\"}{][,:\",\"/*\",\"//\",\"#\"]") },
};

static const struct json_case refused[] = {
    /* a text: nothing, no value, more than one */
    { "nothing", TEXT("") },
    { "only_space", TEXT(" \t\r\n") },
    { "only_a_byte_order_mark", TEXT("\xEF\xBB\xBF") },
    { "only_half_a_byte_order_mark", TEXT("\xEF\xBB") },
    { "byte_order_mark_misspelled", TEXT("\xEF\xBB\xBE{}") },
    { "byte_order_mark_twice", TEXT("\xEF\xBB\xBF\xEF\xBB\xBF{}") },
    { "byte_order_mark_after_space", TEXT(" \xEF\xBB\xBF{}") },
    { "byte_order_mark_after_value", TEXT("{}\xEF\xBB\xBF") },
    { "byte_order_mark_inside", TEXT("[\xEF\xBB\xBF"
                                     "8]") },
    { "utf_16_little_endian", TEXT("\xFF\xFE[\0]\0") },
    { "utf_16_without_mark", TEXT("[\0]\0") },
    { "two_objects", TEXT("{}{}") },
    { "two_literals", TEXT("nullnull") },
    { "two_values_by_comma", TEXT("12,13") },
    { "comma_after_the_value", TEXT("{},") },
    { "comma_before_the_value", TEXT(",{}") },
    { "array_closed_twice", TEXT("[5]]") },
    { "object_closed_twice", TEXT("{\"a\":5}}") },
    { "nul_after_the_value", TEXT("{}\0") },
    { "nul_before_the_value", TEXT("\0{}") },
    { "xml", TEXT("<error code=\"502\"/>") },
    { "escape_outside_string", TEXT("[\\n]") },
    { "bad_utf_8_outside_string", TEXT("[\xC3\x28]") },

    /* white space of other languages; comments */
    { "form_feed", TEXT("[\f]") },
    { "vertical_tab", TEXT("[\v]") },
    { "no_break_space", TEXT("[\xC2\xA0]") },
    { "line_separator", TEXT("[3,\xE2\x80\xA8"
                             "4]") },
    { "nul_as_space", TEXT("[3,\0"
                           "4]") },
    { "comment_in_stars", TEXT("[/* none */]") },
    { "comment_to_end_of_line", TEXT("{} // nothing\n") },

    /* literals */
    { "true_cut", TEXT("tru") },
    { "false_cut", TEXT("[fals]") },
    { "null_cut", TEXT("{\"a\":nul}") },
    { "true_misspelled", TEXT("treu") },
    { "false_misspelled", TEXT("falze") },
    { "null_misspelled", TEXT("[nill]") },
    { "null_too_long", TEXT("[nulls]") },
    { "true_in_capitals", TEXT("TRUE") },
    { "false_with_capital", TEXT("[False]") },
    { "literal_parted_by_space", TEXT("fal se") },
    { "literal_cut_by_nul", TEXT("nu\0ll") },
    { "undefined", TEXT("undefined") },

    /* arrays */
    { "array_not_closed", TEXT("[") },
    { "array_not_closed_after_value", TEXT("[\"oil\"") },
    { "array_not_closed_after_comma", TEXT("[\"oil\",") },
    { "array_not_opened", TEXT("]") },
    { "array_closed_as_object", TEXT("[64}") },
    { "array_comma_missing", TEXT("[\"oil\" \"ink\"]") },
    { "array_comma_only", TEXT("[,]") },
    { "array_comma_first", TEXT("[,64]") },
    { "array_comma_last", TEXT("[64,32,]") },
    { "array_comma_twice", TEXT("[64,,32]") },
    { "array_colon", TEXT("[\"w\":64]") },

    /* objects */
    { "object_not_closed", TEXT("{") },
    { "object_cut_in_name", TEXT("{\"wid") },
    { "object_cut_after_name", TEXT("{\"width\"") },
    { "object_cut_after_colon", TEXT("{\"width\":") },
    { "object_cut_after_comma", TEXT("{\"width\":64,") },
    { "object_not_opened", TEXT("}") },
    { "object_closed_as_array", TEXT("{\"width\":64]") },
    { "closers_crossed", TEXT("{\"sizes\":[64}]") },
    { "name_alone", TEXT("{\"width\"}") },
    { "value_missing", TEXT("{\"width\":}") },
    { "name_missing", TEXT("{:64}") },
    { "colon_missing", TEXT("{\"width\" 64}") },
    { "colon_twice", TEXT("{\"width\"::64}") },
    { "equals_for_colon", TEXT("{\"width\"=64}") },
    { "object_comma_missing", TEXT("{\"w\":64 \"h\":32}") },
    { "object_comma_only", TEXT("{,}") },
    { "object_comma_first", TEXT("{,\"w\":64}") },
    { "object_comma_last", TEXT("{\"w\":64,}") },
    { "object_comma_twice", TEXT("{\"w\":64,,\"h\":32}") },
    { "name_without_quotes", TEXT("{width:64}") },
    { "name_in_single_quotes", TEXT("{'width':64}") },
    { "name_is_number", TEXT("{64:\"width\"}") },
    { "name_is_array", TEXT("{[]:64}") },

    /* numbers */
    { "minus_alone", TEXT("-") },
    { "minus_twice", TEXT("--7") },
    { "minus_last", TEXT("[7-]") },
    { "plus_first", TEXT("+7") },
    { "plus_after_minus", TEXT("[-+7]") },
    { "zero_first", TEXT("[07]") },
    { "zero_twice", TEXT("00") },
    { "zero_first_after_minus", TEXT("-07") },
    { "point_first", TEXT("[.75]") },
    { "point_last", TEXT("[75.]") },
    { "point_twice", TEXT("7.5.1") },
    { "point_before_exponent", TEXT("[7.e3]") },
    { "exponent_without_digits", TEXT("7e") },
    { "exponent_with_plus_only", TEXT("[7e+]") },
    { "exponent_with_two_signs", TEXT("[7e+-3]") },
    { "exponent_with_fraction", TEXT("[7e3.5]") },
    { "space_inside_number", TEXT("[7 5]") },
    { "letter_after_number", TEXT("[512px]") },
    { "hexadecimal", TEXT("0x1F") },
    { "nan", TEXT("NaN") },
    { "infinity", TEXT("[Infinity]") },
    { "minus_infinity", TEXT("[-Infinity]") },
    { "fullwidth_digit", TEXT("[\xEF\xBC\x97]") },
    { "nul_after_digit", TEXT("[7\0]") },

    /* strings: their ends and control characters */
    { "quote_alone", TEXT("\"") },
    { "string_not_closed", TEXT("[\"sunset") },
    { "string_closed_by_escaped_quote", TEXT("\"sunset\\\"") },
    { "three_quotes", TEXT("\"\"\"") },
    { "nul_in_string", TEXT("\"sun\0set\"") },
    { "first_control_character", TEXT("\"\x01\"") },
    { "last_control_character", TEXT("\"sun\x1Fset\"") },
    { "tab_in_string", TEXT("\"sun\tset\"") },
    { "line_feed_in_string", TEXT("[\"sun\nset\"]") },
    { "carriage_return_in_string", TEXT("\"sunset\r\"") },
    { "tab_in_name", TEXT("{\"wid\tth\":64}") },

    /* strings: escapes */
    { "escape_unknown", TEXT("\"\\s\"") },
    { "escape_in_capital", TEXT("\"\\N\"") },
    { "escape_of_nul_as_in_c", TEXT("\"\\0\"") },
    { "escape_by_x", TEXT("\"\\x41\"") },
    { "escape_by_capital_u", TEXT("\"\\U0041\"") },
    { "escape_of_line_feed", TEXT("\"sun\\\nset\"") },
    { "escape_of_nul_byte", TEXT("\"\\\0\"") },
    { "escape_of_utf_8", TEXT("\"\\\xC3\xA9\"") },
    { "escape_cut_by_end", TEXT("\"sunset\\") },
    { "hex_of_no_digits", TEXT("\"\\u\"") },
    { "hex_of_three_digits", TEXT("[\"\\u004\"]") },
    { "hex_cut_by_end", TEXT("\"\\u00") },
    { "hex_with_first_digit_wrong", TEXT("\"\\ug041\"") },
    { "hex_with_last_digit_wrong", TEXT("\"\\u004G\"") },
    { "hex_in_braces", TEXT("\"\\u{41}\"") },
    { "hex_with_utf_8_inside", TEXT("\"\\u004\xC3\xA9\"") },
    { "high_half_then_cut_escape", TEXT("\"\\uD83D\\\"") },
    { "high_half_then_hex_of_no_digits", TEXT("\"\\uD83D\\u\"") },
    { "high_half_then_wrong_low_half", TEXT("\"\\uD83D\\uDExx\"") },
    { "high_half_then_unknown_escape", TEXT("\"\\uD83D\\xDE00\"") },

    /* strings: bytes that are no UTF-8 */
    { "latin_1", TEXT("\"caf\xE9\"") },
    { "first_continuation_alone", TEXT("\"\x80\"") },
    { "continuation_too_many", TEXT("\"\xC3\xA9\xA9\"") },
    { "overlong_of_two", TEXT("\"\xC1\xBF\"") },
    { "overlong_of_three", TEXT("\"\xE0\x9F\xBF\"") },
    { "overlong_of_four", TEXT("\"\xF0\x8F\xBF\xBF\"") },
    { "first_raw_surrogate", TEXT("\"\xED\xA0\x80\"") },
    { "last_raw_surrogate", TEXT("\"\xED\xBF\xBF\"") },
    { "pair_of_raw_surrogates", TEXT("\"\xED\xA0\xBD\xED\xB8\x80\"") },
    { "first_above_unicode", TEXT("\"\xF4\x90\x80\x80\"") },
    { "lead_above_unicode", TEXT("\"\xF5\x80\x80\x80\"") },
    { "lead_of_five", TEXT("\"\xF8\x88\x80\x80\x80\"") },
    { "byte_ff", TEXT("\"\xFF\"") },
    { "two_cut_by_quote", TEXT("\"\xDF\"") },
    { "three_cut_after_one", TEXT("\"\xE2 \"") },
    { "three_cut_after_two", TEXT("[\"\xE2\x82\"]") },
    { "four_cut_after_one", TEXT("\"\xF0\"") },
    { "four_cut_after_two", TEXT("\"\xF0\x9F!\"") },
    { "four_cut_after_three", TEXT("\"\xF0\x9F\x8E\"") },
    { "lead_cut_by_lead", TEXT("\"\xC3\xC3\xA9\"") },
    { "lead_cut_by_escape", TEXT("\"\xC3\\u00A9\"") },
    { "escape_cannot_complete", TEXT("\"\\u00C3\xA9\"") },
    { "lead_cut_by_end", TEXT("\"\xE2\x82") },
    { "bad_utf_8_in_name", TEXT("{\"caf\xE9\":1}") },
};

#endif
