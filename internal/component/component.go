// Package component holds what every compiled template does before and around
// what it writes: tools/templ puts calls of it where the compiler of templates
// would write it out once more.
package component

import (
	"context"
	"io"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"
)

// Context is here so that templates need not import it.
type Context = context.Context

// Buffer takes what a template writes. It keeps its first error and writes nothing
// after it.
type Buffer = templruntime.Buffer

// New makes the component that write writes.
func New(write func(Context, *Buffer) error) templ.Component {
	return templ.ComponentFunc(func(ctx Context, w io.Writer) (err error) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, inside := templruntime.GetBuffer(w)
		if !inside {
			defer func() {
				if end := templruntime.ReleaseBuffer(b); err == nil {
					err = end
				}
			}()
		}
		return write(templ.InitializeContext(ctx), b)
	})
}

// Around makes the component that write writes around the children it is given,
// which may be none.
func Around(write func(_ Context, _ *Buffer, children templ.Component) error) templ.Component {
	return New(func(ctx Context, b *Buffer) error {
		children := templ.GetChildren(ctx)
		return write(templ.ClearChildren(ctx), b, children)
	})
}

// Text writes what is text in HTML, or the value of an attribute. It is called from
// thousands of places, into which it is not to be copied.
//
//go:noinline
func Text(b *Buffer, s string) {
	b.WriteString(templ.EscapeString(s))
}
