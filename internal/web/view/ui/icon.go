package ui

import "github.com/a-h/templ"

// drawn are the icons of the set as they stand in pages: every page has dozens.
var drawn = func() map[string]templ.Component {
	all := make(map[string]templ.Component, len(icons))
	for name := range icons {
		all[name] = draw(name, "icon")
	}
	return all
}()

// Two icons are drawn also where a style must find them.
var (
	chevron  = draw("chevron-down", "icon chevron")
	endCheck = draw("check", "icon end")
)

func draw(name, class string) templ.Component {
	return templ.Raw(`<svg class="` + class + `" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` +
		icons[name] + `</svg>`)
}

// Icon draws an icon of the set (static/icons, by file name) at 1.25 em in the
// colour of the text; nothing for a name that the set has not. It is
// decoration: a word always says the same.
func Icon(name string) templ.Component {
	if c, ok := drawn[name]; ok {
		return c
	}
	return templ.NopComponent
}
