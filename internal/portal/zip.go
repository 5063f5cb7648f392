package portal

import (
	"context"
)

// ZipEntry is one file of an archive, under a path that is safe everywhere and
// comes once.
type ZipEntry struct {
	Path string
	Held bool // it is held back, or not to be had before it was decided on: Stored says what it is, and has nothing to hand out
	Stored
}

// zipPage is how many files are read at a time.
const zipPage = 100

// ZipEntries calls fn with each file of folders and files of a project; of
// neither, with all there are. What the actor may have is looked at again for
// each part, so that whoever loses it on the way gets no more. Folders and
// files that they do not see are left out.
// The client's people need Download.
func (me *Scope) ZipEntries(ctx context.Context, project ProjectID, folders []FolderID, files []FileID, fn func(ZipEntry) error) error {
	p, err := me.Project(ctx, project)
	switch {
	case err != nil:
		return err
	case !p.Can(Download):
		return ErrForbidden
	}
	z := zipper{me: me, project: project, fn: fn}
	if len(folders) == 0 && len(files) == 0 {
		return z.folder(ctx, "", "")
	}
	top := names{}
	for _, id := range folders {
		f, err := me.Folder(ctx, id)
		if err == ErrNotFound || err == nil && f.Project != project {
			continue
		}
		if err != nil {
			return err
		}
		name, err := top.take(f.Name)
		if err != nil {
			return err
		}
		if err := z.folder(ctx, f.ID, name+"/"); err != nil {
			return err
		}
	}
	for _, id := range files {
		f, err := me.File(ctx, id)
		if err == ErrNotFound || err == nil && f.Project != project {
			continue
		}
		if err != nil {
			return err
		}
		if err := z.file(f, "", top); err != nil {
			return err
		}
	}
	return nil
}

type zipper struct {
	me      *Scope
	project ProjectID
	fn      func(ZipEntry) error
}

// names are those taken in one folder of the archive.
type names map[string]bool

func (n names) take(name string) (string, error) {
	name, err := freeName(name, func(key string) (bool, error) { return n[key], nil })
	n[fold(name)] = true
	return name, err
}

func (z *zipper) file(f File, prefix string, taken names) error {
	s, err := f.Version.stored()
	if err != nil && err != ErrHeld {
		return err
	}
	held := err == ErrHeld || !f.Can(Download) // before it was decided on
	if held {
		s = Stored{Version: f.Version.ID, File: f.ID}
	}
	name, err := taken.take(f.Name)
	if err != nil {
		return err
	}
	return z.fn(ZipEntry{Path: prefix + name, Held: held, Stored: s})
}

func (z *zipper) folder(ctx context.Context, id FolderID, prefix string) error {
	taken := names{}
	var o ListOptions
	o.Limit = zipPage
	for {
		l, err := z.me.Files(ctx, z.project, id, o)
		if err == ErrNotFound && id != "" {
			return nil // deleted or concealed on the way
		}
		if err != nil {
			return err
		}
		for _, f := range l.Folders {
			name, err := taken.take(f.Name)
			if err != nil {
				return err
			}
			if err := z.folder(ctx, f.ID, prefix+name+"/"); err != nil {
				return err
			}
		}
		for _, f := range l.Files {
			if err := z.file(f, prefix, taken); err != nil {
				return err
			}
		}
		if o.After = l.Next; l.Next == "" {
			return nil
		}
	}
}
