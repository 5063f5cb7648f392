// Package diff finds what changed between two texts: by lines, and within the
// lines that changed by words. What it costs is bounded, however different the
// texts are: beyond that it says that all is new.
package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op says what became of a line.
type Op int8

const (
	Same Op = iota
	Gone
	New
)

// A Line is one line of either text, or of both.
type Line struct {
	Op    Op
	Old   int // its number in the old text, from 1; 0 in none
	New   int
	Text  string
	Marks []Mark // what changed within it, where another line stands against it
}

// A Mark is a part of a line, in bytes.
type Mark struct{ From, To int }

const (
	mostLines = 2000 // lines gone and new together
	mostWords = 200
)

// Lines compares two texts.
func Lines(old, now string) []Line {
	a, b := split(old), split(now)
	var lines []Line
	i, j := 0, 0
	for _, op := range ops(a, b, mostLines) {
		switch op {
		case Same:
			lines = append(lines, Line{Op: Same, Old: i + 1, New: j + 1, Text: b[j]})
			i, j = i+1, j+1
		case Gone:
			lines = append(lines, Line{Op: Gone, Old: i + 1, Text: a[i]})
			i++
		case New:
			lines = append(lines, Line{Op: New, New: j + 1, Text: b[j]})
			j++
		}
	}
	markWords(lines)
	return lines
}

// Changed counts the lines that are gone, and those that are new.
func Changed(lines []Line) (gone, added int) {
	for _, l := range lines {
		switch l.Op {
		case Gone:
			gone++
		case New:
			added++
		}
	}
	return gone, added
}

func split(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if s = strings.TrimSuffix(s, "\n"); s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// ops is the shortest way from a to b, or, when that takes more than most
// steps, the plainest.
func ops(a, b []string, most int) []Op {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	out := make([]Op, head, len(a)+len(b))
	x, y := number(a[head:len(a)-tail], b[head:len(b)-tail])
	out = append(out, shortest(x, y, most)...)
	return append(out, make([]Op, tail)...)
}

// number gives equal texts equal numbers, which are compared faster.
func number(a, b []string) (x, y []int32) {
	known := make(map[string]int32, len(a)+len(b))
	of := func(texts []string) []int32 {
		n := make([]int32, len(texts))
		for i, s := range texts {
			k, ok := known[s]
			if !ok {
				k = int32(len(known))
				known[s] = k
			}
			n[i] = k
		}
		return n
	}
	return of(a), of(b)
}

// shortest is Myers' algorithm ("An O(ND) difference algorithm", 1986), up to
// most steps.
func shortest(a, b []int32, most int) []Op {
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return plainest(n, m)
	}
	most = min(most, n+m)
	v := make([]int32, 2*most+2) // v[k+most] is how far diagonal k reaches
	var trace [][]int32
	for d := range most + 1 {
		for k := -d; k <= d; k += 2 {
			at := k + most
			var x int32
			if k == -d || k != d && v[at-1] < v[at+1] {
				x = v[at+1]
			} else {
				x = v[at-1] + 1
			}
			for int(x) < n && int(x)-k < m && a[x] == b[int(x)-k] {
				x++
			}
			v[at] = x
			if int(x) >= n && int(x)-k >= m {
				return back(trace, n, m)
			}
		}
		trace = append(trace, append([]int32(nil), v[most-d:most+d+1]...))
	}
	return plainest(n, m)
}

// back walks the way that was found from its end.
func back(trace [][]int32, n, m int) []Op {
	ops := make([]Op, 0, n+m)
	x, y := n, m
	for d := len(trace); d > 0; d-- {
		v := trace[d-1] // of d-1 steps: diagonals -(d-1) to d-1
		reach := func(k int) int {
			if i := k + d - 1; i >= 0 && i < len(v) {
				return int(v[i])
			}
			return -1
		}
		k := x - y
		from := k - 1
		if k == -d || k != d && reach(k-1) < reach(k+1) {
			from = k + 1
		}
		px := reach(from)
		py := px - from
		for x > px && y > py && x > 0 && y > 0 {
			ops = append(ops, Same)
			x, y = x-1, y-1
		}
		if from == k+1 {
			ops = append(ops, New)
		} else {
			ops = append(ops, Gone)
		}
		x, y = px, py
	}
	for ; x > 0 && y > 0; x, y = x-1, y-1 {
		ops = append(ops, Same)
	}
	for i, j := 0, len(ops)-1; i < j; i, j = i+1, j-1 {
		ops[i], ops[j] = ops[j], ops[i]
	}
	return ops
}

// plainest is all gone and all new.
func plainest(n, m int) []Op {
	ops := make([]Op, 0, n+m)
	for range n {
		ops = append(ops, Gone)
	}
	for range m {
		ops = append(ops, New)
	}
	return ops
}

// markWords finds, where as many lines came as went, what changed in each.
func markWords(lines []Line) {
	for i := 0; i < len(lines); {
		if lines[i].Op == Same {
			i++
			continue
		}
		gone := i
		for i < len(lines) && lines[i].Op == Gone {
			i++
		}
		added := i
		for i < len(lines) && lines[i].Op == New {
			i++
		}
		if added == gone || i-added != added-gone {
			if i == gone {
				i++
			}
			continue
		}
		for k := range added - gone {
			lines[gone+k].Marks, lines[added+k].Marks = words(lines[gone+k].Text, lines[added+k].Text)
		}
	}
}

// words compares two lines. Lines that have little in common are not marked:
// every other word of them would be.
func words(a, b string) (in, out []Mark) {
	const longest = 20_000
	if len(a) > longest || len(b) > longest {
		return nil, nil
	}
	x, y := tokens(a), tokens(b)
	var i, j, same, atA, atB int
	mark := func(marks []Mark, from, to int) []Mark {
		if n := len(marks); n > 0 && marks[n-1].To == from {
			marks[n-1].To = to
			return marks
		}
		return append(marks, Mark{from, to})
	}
	for _, op := range ops(x, y, mostWords) {
		switch op {
		case Same:
			same += len(x[i])
			atA, atB = atA+len(x[i]), atB+len(y[j])
			i, j = i+1, j+1
		case Gone:
			in = mark(in, atA, atA+len(x[i]))
			atA, i = atA+len(x[i]), i+1
		case New:
			out = mark(out, atB, atB+len(y[j]))
			atB, j = atB+len(y[j]), j+1
		}
	}
	if 3*same < max(len(a), len(b)) {
		return nil, nil
	}
	return in, out
}

// tokens cuts a line into words, spaces and single signs.
func tokens(s string) []string {
	var all []string
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		end := size
		if kind := kindOf(r); kind != 0 {
			for end < len(s) {
				r, size := utf8.DecodeRuneInString(s[end:])
				if kindOf(r) != kind {
					break
				}
				end += size
			}
		}
		all = append(all, s[:end])
		s = s[end:]
	}
	return all
}

func kindOf(r rune) int {
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
		return 1
	case unicode.IsSpace(r):
		return 2
	}
	return 0
}
