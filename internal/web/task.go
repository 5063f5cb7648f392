package web

import (
	"net/http"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
)

func (s *Server) taskRoutes() []route {
	return []route{
		{"GET /projects/{project}/tasks", person, s.tasks},
		{"GET /tasks/{task}", person, s.taskPage},
	}
}

const tasksOnPage = 50

func (s *Server) tasks(w http.ResponseWriter, r *http.Request, me *visit) error {
	in, err := s.inProject(r, me, "tasks", portal.SectionTasks)
	if err != nil {
		return err
	}
	return s.renderTasks(w, r, me, http.StatusOK, view.TasksPage{Within: in})
}

func (s *Server) renderTasks(w http.ResponseWriter, r *http.Request, me *visit, status int, p view.TasksPage) error {
	ctx := r.Context()
	var f portal.TaskFilter
	switch p.Show = r.URL.Query().Get("show"); p.Show {
	case "mine":
		f.Open, f.Assignee = true, me.Scope.Person()
	case "done":
		f.Done = true
	default:
		p.Show, f.Open = "open", true
	}
	var err error
	var next string
	if p.Show != "mine" || f.Assignee != "" {
		if p.Tasks, next, err = me.Tasks(ctx, p.Project.ID, f, pageOf(r, tasksOnPage)); err != nil {
			return err
		}
	}
	p.Newest, p.Older = pages(r, next)
	if p.Add = p.Project.Team() && p.Project.Can(portal.Contribute) && !me.ReadOnly(); p.Add {
		if p.Audience, err = me.AudiencePreview(ctx, p.Project.ID, "task"); err != nil {
			return err
		}
		if p.People, err = me.AssignablePeople(ctx, p.Project.ID, portal.ClientSide); err != nil {
			return err
		}
	}
	return s.render(w, r, status, view.Tasks(p))
}

func (s *Server) taskPage(w http.ResponseWriter, r *http.Request, me *visit) error {
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("task")))
	if err != nil {
		return err
	}
	return s.renderTask(w, r, me, http.StatusOK, t, nil)
}

func (s *Server) renderTask(w http.ResponseWriter, r *http.Request, me *visit, status int, t portal.Task, invalid map[string]portal.Reason) error {
	it, err := s.item(r, me, portal.ItemID(t.ID), t.Project, t.Audience, t.CreatedBy)
	if err != nil {
		return err
	}
	it.Title, it.Invalid = t.Title, invalid
	p := view.TaskPage{Item: it, Task: t, MayDelete: it.MayShow && !it.ReadOnly}
	if it.Project.Team() && it.Project.Can(portal.Contribute) {
		if p.People, err = me.AssignablePeople(r.Context(), t.Project, t.Audience); err != nil {
			return err
		}
	}
	s.below(&p.Within, "tasks", t.Title)
	return s.render(w, r, status, view.Task(p))
}
