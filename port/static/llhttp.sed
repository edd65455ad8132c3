# llhttp for the static command: requests and nothing else, strictly, and of what it tells what
# serve/http.c listens to. What never happens becomes a constant, and a state that no request enters
# loses its label in the switch, so that the compiler leaves out what is behind it: 7 KB. A state
# that was needed after all would end in abort(), so `make static-tests SERVE=1` runs
# tests/http_test.c over the outcome.
#
# SPDX-License-Identifier: MIT

# No lenience.
s/(state->lenient_flags & [0-9]*) == [0-9]*/0/
# A request; and the states of answers.
s/return state->type;/return HTTP_REQUEST;/
/^    case s_n_llhttp__internal__n_start_\(res\|req_or_res\):$/d
/^    case s_n_llhttp__internal__n_re\(s\|q_or_res\)_[a-z_0-9]*:$/d
/^    case s_n_llhttp__internal__n_span_start_llhttp__on_status:$/d
/^    case s_n_llhttp__internal__n_invoke_\(llhttp__on_status_complete\|update_type[_0-9]*\):$/d
# Why, in its words: ours are there.
s/state->reason = "[^"]*";//
# What nobody wants to be told.
s/CALLBACK_MAYBE(s, on_\(message_begin\|reset\|chunk_[a-z]*\)[a-z_]*);/err = 0;/
s/CALLBACK_MAYBE(s, on_\(url\|status\|method\|version\|header_field\)_complete);/err = 0;/
s/SPAN_CALLBACK_MAYBE(s, on_\(url\|status\|method\|version\|chunk_[a-z_]*\), p, endp - p);/err = 0;/
