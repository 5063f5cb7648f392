// Package component holds what every compiled template does before and around
// what it writes: tools/templ puts calls of it where the compiler of templates
// would write it out once more.
package component

import (
	"bufio"
	"context"
	"io"
	"sync"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"
)

// Context is here so that templates need not import it.
type Context = context.Context

// Buffer takes what a template writes, and what those in it do. It keeps its first
// error, also one of a component in it, and gives it when the outermost ends.
type Buffer struct {
	*bufio.Writer
	err error
}

var buffers = sync.Pool{New: func() any {
	return &Buffer{Writer: bufio.NewWriterSize(nil, 4<<10)}
}}

// New makes the component that write writes.
func New(write func(Context, *Buffer)) templ.Component {
	return templ.ComponentFunc(func(ctx Context, w io.Writer) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		ctx = templ.InitializeContext(ctx)
		if b, inside := w.(*Buffer); inside {
			write(ctx, b)
			return b.err
		}
		b := buffers.Get().(*Buffer)
		b.Reset(w)
		defer func() {
			b.Reset(nil)
			b.err = nil
			buffers.Put(b)
		}()
		write(ctx, b)
		b.keep(b.Flush())
		return b.err
	})
}

// keep keeps the first error.
func (b *Buffer) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

// Around makes the component that write writes around the children it is given,
// which may be none.
func Around(write func(_ Context, _ *Buffer, children templ.Component)) templ.Component {
	return New(func(ctx Context, b *Buffer) {
		children := templ.GetChildren(ctx)
		write(templ.ClearChildren(ctx), b, children)
	})
}

// Text writes what is text in HTML, or the value of an attribute. It is called from
// thousands of places, into which it is not to be copied.
//
//go:noinline
func Text(b *Buffer, s string) {
	b.WriteString(templ.EscapeString(s))
}

// URL writes an address, of a kind that runs nothing unless it is said to be safe.
//
//go:noinline
func URL[T string | templ.SafeURL](b *Buffer, to T) {
	safe, _ := templ.JoinURLErrs(to) // which has no errors to join
	b.WriteString(templ.EscapeString(string(safe)))
}

// Style writes what an attribute says of how something looks.
func Style(b *Buffer, values ...any) {
	safe, err := templruntime.SanitizeStyleAttributeValues(values...)
	b.keep(err)
	b.WriteString(templ.EscapeString(safe))
}

// Attributes writes attributes.
func Attributes(ctx Context, b *Buffer, all templ.Attributer) {
	b.keep(templ.RenderAttributes(ctx, b, all))
}

// CSSItems writes the styles of classes that have some.
func CSSItems(ctx Context, b *Buffer, classes ...any) {
	b.keep(templ.RenderCSSItems(ctx, b, classes...))
}

// Put writes a component into the one that b belongs to.
//
//go:noinline
func Put(ctx Context, b *Buffer, c templ.Component) {
	b.keep(c.Render(ctx, b))
}

// PutAround writes a component that is given children.
//
//go:noinline
func PutAround(ctx Context, b *Buffer, c, children templ.Component) {
	b.keep(c.Render(templ.WithChildren(ctx, children), b))
}
