// Package e2e drives the built program with a real browser, as its people do:
// no handler is called, nothing is inserted, and every mail is read where the
// program keeps it.
//
// Every tab reports what no page may do: an error on the console, a violation
// of the content security policy, a request to any other site.
package e2e
