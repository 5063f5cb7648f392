package ui

import (
	"github.com/a-h/templ"
)

// classes is the class attribute of an element: { class("state", tone)... }.
// It is what class={ … } of templ does, without the two maps that that makes.
type classes string

// class joins the names that are not empty.
func class(names ...string) classes {
	all := names[0]
	for _, n := range names[1:] {
		switch {
		case n == "":
		case all == "":
			all = n
		default:
			all += " " + n
		}
	}
	return classes(all)
}

// on is a class that an element has only sometimes.
func on(yes bool, name string) string {
	if yes {
		return name
	}
	return ""
}

// Items makes it an attribute; none when there is no class.
func (c classes) Items() []templ.KeyValue[string, any] {
	if c == "" {
		return nil
	}
	return []templ.KeyValue[string, any]{{Key: "class", Value: string(c)}}
}
