package mailin

import (
	"regexp"
	"strings"
)

// Markdown is plain text written so that Markdown shows it as it was typed.
// Quotes, lists and addresses on the web are left as they are.
func Markdown(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		line = strings.TrimSpace(line)
		for strings.HasPrefix(line, ">") {
			b.WriteString("> ")
			line = strings.TrimSpace(line[1:])
		}
		if ruler.MatchString(line) || line != "" && strings.ContainsRune("#+=|~", rune(line[0])) {
			b.WriteByte('\\')
		}
		for len(line) > 0 {
			at := webAddress.FindStringIndex(line)
			if at == nil {
				at = []int{len(line), len(line)}
			}
			b.WriteString(special.Replace(line[:at[0]]))
			b.WriteString(line[at[0]:at[1]])
			line = line[at[1]:]
		}
	}
	return b.String()
}

var (
	ruler      = regexp.MustCompile(`^(?:-+|=+|(?:- ?){3,}|~+)$`)
	webAddress = regexp.MustCompile(`\bhttps?://[^\s<>()\[\]"*]+`)
	special    = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `&`, `\&`, `|`, `\|`, `~`, `\~`)
)
