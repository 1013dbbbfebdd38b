import './base.css';
import './jobs.css';
import './job.css';
import './log.css';
import './widgets.css';
