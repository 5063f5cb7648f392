package internal_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"testing"
)

// What a write does to variables outside of it must come out the same when it runs
// again, as it does on PostgreSQL after a conflict with another: nothing it assigns
// to them is made of what was there, unless it set that before.
func TestWritesCanRunAgain(t *testing.T) {
	found := 0
	for _, s := range sources(t, "") {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Write" && sel.Sel.Name != "write" && sel.Sel.Name != "change" {
				return true
			}
			if fn, ok := call.Args[len(call.Args)-1].(*ast.FuncLit); ok {
				found++
				for _, a := range againDiffers(fn) {
					t.Errorf("%s: %s goes on from what the last run left", s.at(a), types.ExprString(a))
				}
			}
			return true
		})
	}
	if found < 200 {
		t.Errorf("%d writes were found", found)
	}
}

// againDiffers returns what fn assigns outside of itself from what is there.
func againDiffers(fn *ast.FuncLit) (all []ast.Expr) {
	set := map[string]bool{} // in this run, or inside of fn
	declare := func(names ...*ast.Ident) {
		for _, name := range names {
			set[name.Name] = true
		}
	}
	for _, f := range fn.Type.Params.List {
		declare(f.Names...)
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			for _, f := range n.Type.Params.List {
				declare(f.Names...)
			}
		case *ast.ValueSpec:
			declare(n.Names...)
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				for _, e := range []ast.Expr{n.Key, n.Value} {
					if id, ok := e.(*ast.Ident); ok {
						declare(id)
					}
				}
			}
		case *ast.IncDecStmt:
			if !set[root(n.X)] && !set[types.ExprString(n.X)] {
				all = append(all, n.X)
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				name := types.ExprString(to)
				switch {
				case set[root(to)] || set[name]:
				case n.Tok == token.DEFINE:
				case n.Tok != token.ASSIGN || mentions(n.Rhs, name):
					all = append(all, to)
				}
			}
			for _, to := range n.Lhs {
				if id, ok := to.(*ast.Ident); ok || n.Tok != token.DEFINE {
					if ok {
						declare(id)
					} else {
						set[types.ExprString(to)] = true
					}
				}
			}
		}
		return true
	})
	return all
}

// root is the variable that an expression is of: n of n.Audience[0].
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func mentions(all []ast.Expr, name string) (found bool) {
	for _, e := range all {
		ast.Inspect(e, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok && types.ExprString(x) == name {
				found = true
			}
			return !found
		})
	}
	return found
}
