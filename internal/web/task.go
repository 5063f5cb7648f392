package web

import (
	"net/http"
	"strconv"

	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/web/view"
	"github.com/vitrine-portal/vitrine/internal/web/view/ui"
)

func (s *Server) taskRoutes() []route {
	return []route{
		{"GET /projects/{project}/tasks", person, s.tasks},
		{"POST /projects/{project}/tasks", team, s.addTask},
		{"GET /tasks/{id}", person, s.taskPage},
		{"GET /tasks/{id}/edit", team, s.editTask},
		{"POST /tasks/{id}", team, s.changeTask},
		{"POST /tasks/{id}/assign", team, s.assignTask},
		{"POST /tasks/{id}/start", person, act(taskPath, "started", func(me *visit, r *http.Request, id string) error {
			return me.StartTask(r.Context(), portal.TaskID(id))
		})},
		{"POST /tasks/{id}/complete", person, s.completeTask},
		{"POST /tasks/{id}/reopen", person, act(taskPath, "reopened", func(me *visit, r *http.Request, id string) error {
			return me.ReopenTask(r.Context(), portal.TaskID(id))
		})},
		{"POST /tasks/{id}/move", team, s.moveTask},
		{"POST /tasks/{id}/delete", team, s.deleteTask},
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
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("id")))
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

func taskPath(id string) string { return "/tasks/" + id }

func (s *Server) addTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in := view.TaskInput{Title: f.one("title"), Assignee: f.one("assignee"), DueOn: f.one("due_on")}
	n := portal.NewTask{Title: in.Title, Assignee: portal.PersonID(in.Assignee), DueOn: in.DueOn, Audience: portal.Side(f.one("audience"))}
	project := portal.ProjectID(r.PathValue("project"))
	if err = f.err(); err == nil {
		_, err = portal.Once(me.AddTask(r.Context(), project, n))
	}
	if invalid, status, ok := refused(err); ok {
		frame, err := s.within(r, me, project, "tasks")
		if err != nil {
			return err
		}
		frame.Invalid = invalid
		return s.renderTasks(w, r, me, status, view.TasksPage{Within: frame, New: in})
	}
	if err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(project)+"/tasks", "added")
}

// completeTask leads on to the list, which offers to undo it.
func (s *Server) completeTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.CompleteTask(r.Context(), t.ID); err != nil {
		return err
	}
	return seeOther(w, r, "/projects/"+string(t.Project)+"/tasks?done=completed&of="+string(t.ID))
}

// taskForm is a task as its form shows it.
func (s *Server) taskForm(r *http.Request, me *visit, t portal.Task) (view.TaskForm, error) {
	in, err := s.within(r, me, t.Project, "")
	if err != nil {
		return view.TaskForm{}, err
	}
	if !t.Can(portal.Contribute) {
		return view.TaskForm{}, portal.ErrForbidden
	}
	p := view.TaskForm{Within: in, ID: t.ID, Task: view.TaskInput{Title: t.Title, Body: t.Body, Milestone: string(t.Milestone), DueOn: t.DueOn, Revision: strconv.FormatInt(t.Revision, 10)}}
	p.Milestones, err = me.Milestones(r.Context(), t.Project)
	s.below(&p.Within, "tasks", p.T("task.edit"))
	return p, err
}

func (s *Server) editTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p, err := s.taskForm(r, me, t)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, view.EditTask(p))
}

func (s *Server) changeTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := portal.TaskID(r.PathValue("id"))
	c := portal.TaskChange{Title: f.one("title"), Body: f.one("body"), Milestone: portal.MilestoneID(f.one("milestone")), DueOn: f.one("due_on"), Revision: f.number("revision")}
	if err = f.err(); err == nil {
		err = me.ChangeTask(r.Context(), id, c)
	}
	if invalid, status, ok := refused(err); ok {
		t, err := me.Task(r.Context(), id)
		if err != nil {
			return err
		}
		p, err := s.taskForm(r, me, t)
		if err != nil {
			return err
		}
		p.Invalid = invalid
		revision := strconv.FormatInt(c.Revision, 10)
		if status == http.StatusConflict {
			revision = p.Task.Revision
			p.Conflict = []ui.Fact{{Key: p.T("item.title"), Value: t.Title}, {Key: p.T("task.due_on"), Value: t.DueOn}, {Key: p.T("item.milestone"), Value: t.MilestoneTitle}, {Key: p.T("item.body"), Value: t.Body}}
		}
		p.Task = view.TaskInput{Title: c.Title, Body: c.Body, Milestone: string(c.Milestone), DueOn: c.DueOn, Revision: revision}
		return s.render(w, r, status, view.EditTask(p))
	}
	if err != nil {
		return err
	}
	return done(w, r, taskPath(string(id)), "saved")
}

func (s *Server) assignTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, to := portal.TaskID(r.PathValue("id")), portal.PersonID(f.one("assignee"))
	if err = f.err(); err == nil {
		err = me.AssignTask(r.Context(), id, to)
	}
	if fields, ok := invalidFields(err); ok {
		t, err := me.Task(r.Context(), id)
		if err != nil {
			return err
		}
		return s.renderTask(w, r, me, http.StatusUnprocessableEntity, t, fields)
	}
	if err != nil {
		return err
	}
	return done(w, r, taskPath(string(id)), "saved")
}

func (s *Server) moveTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.MoveTask(r.Context(), t.ID, portal.TaskID(moveAfter(r))); err != nil {
		return err
	}
	return seeOther(w, r, "/projects/"+string(t.Project)+"/tasks")
}

func (s *Server) deleteTask(w http.ResponseWriter, r *http.Request, me *visit) error {
	if err := noFields(r); err != nil {
		return err
	}
	t, err := me.Task(r.Context(), portal.TaskID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := me.DeleteTask(r.Context(), t.ID); err != nil {
		return err
	}
	return done(w, r, "/projects/"+string(t.Project)+"/tasks", "deleted")
}
