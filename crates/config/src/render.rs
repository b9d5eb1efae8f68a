//! Diagnostics as people read them: the line of the file with the place marked.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};

/// How [`Diagnostic::render`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text without control sequences.
    Plain,
    /// Text with ANSI colours.
    Coloured,
}

impl Diagnostic {
    /// The diagnostic with its line of the file, in the manner of the Rust compiler; no newline at the end.
    ///
    /// ```
    /// use outcrop_config::{Layer, Loader, Sources, Style};
    ///
    /// let text = "{ models: { bedrockDiscovery: { enabled: 'yes' } } }";
    /// let loaded = Loader::new(Sources::default().with_text(Layer::User, "config.json5", text)).load();
    /// let text = loaded.diagnostics[0].render(Style::Plain);
    /// assert!(text.starts_with("error[config::type]: "), "{text}");
    /// assert!(text.contains("--> config.json5:1:42"), "{text}");
    /// ```
    pub fn render(&self, style: Style) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(self.message.as_str()).id(self.code.id()));
        match (&self.excerpt, self.place()) {
            (Some(excerpt), _) => {
                let annotation =
                    AnnotationKind::Primary.span(excerpt.marked.clone()).label(self.label.as_deref());
                group = group.element(
                    Snippet::source(excerpt.line.as_str())
                        .line_start(self.line.unwrap_or(1))
                        .path(self.path())
                        .annotation(annotation),
                );
            }
            (None, Some(place)) => group = group.element(Origin::path(place)),
            (None, None) => {}
        }
        for help in &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
        };
        let text = renderer.render(&[group]);
        match self.place_in_excerpt().zip(self.place()) {
            // Of a long line the excerpt is a part, where the renderer counts from its beginning.
            Some((wrong, right)) if wrong != right => text.replacen(&wrong, &right, 1),
            _ => text,
        }
    }

    fn path(&self) -> Option<String> {
        self.file.as_ref().map(|file| file.display().to_string())
    }

    fn place_in_excerpt(&self) -> Option<String> {
        let excerpt = self.excerpt.as_ref()?;
        let column = excerpt.line.get(..excerpt.marked.start)?.chars().count() + 1;
        Some(format!("{}:{}:{column}", self.path()?, self.line.unwrap_or(1)))
    }
}
