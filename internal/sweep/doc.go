// Package sweep holds no code but tests: everybody's browsers, API tokens,
// streams, calendars and mails at once, in search of a word that reached
// somebody who may not read it.
package sweep
