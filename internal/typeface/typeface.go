// Package typeface holds the fonts that the program draws with itself: in
// certificates and pictures. They are made of the web fonts in their regular
// weight, without hints and tables that nobody here has a use for.
package typeface

import (
	_ "embed"
	"io/fs"
	"sync"

	"golang.org/x/image/font/opentype"

	"github.com/vitrine-portal/vitrine/internal/packed"
)

// archive holds fonts/*.ttf. Written by: go run ./tools/assets
//
//go:embed fonts.zip.gz
var archive []byte

var files = packed.Archive(archive)

// Names are those of the fonts, in the order in which a character is looked for:
// the font of the pages, then one for letters that it has not.
var Names = []string{"hanken-grotesk", "hanken-grotesk-ext", "noto-sans-greek", "noto-sans-cyrillic"}

// File is the TrueType file of one of Names.
func File(name string) ([]byte, error) { return fs.ReadFile(files(), "fonts/"+name+".ttf") }

// Letters is the font of the pages, to draw with. It is read once.
var Letters = sync.OnceValue(func() *opentype.Font {
	b, err := File(Names[0])
	if err == nil {
		var f *opentype.Font
		if f, err = opentype.Parse(b); err == nil {
			return f
		}
	}
	panic("typeface: " + err.Error()) // it is part of the program
})
