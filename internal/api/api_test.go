package api

import "testing"

func TestPlain(t *testing.T) {
	deep := ""
	for range 40 {
		deep += "["
	}
	for in, want := range map[string]bool{
		`{"a":1,"b":{"a":[1,2,{"c":null}]},"d":"x"}`: true, `"x"`: true, `[]`: true, `{}`: true,
		`{"a":1,"a":2}`: false, `{"x":{"a":1,"b":[],"a":2}}`: false, `{"a":1} {"b":2}`: false, `{"a":`: false, deep: false, ``: false,
		`[{"a":1},{"a":1}]`: true, `{"a":{"a":1},"b":{"a":1}}`: true,
	} {
		if err := plain([]byte(in)); (err == nil) != want {
			t.Errorf("plain(%.40q) = %v, want ok %v", in, err, want)
		}
	}
}
